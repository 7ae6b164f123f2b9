#include "tools/clusterd/state_writer.h"

#include <algorithm>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

Result<std::unique_ptr<StateWriter>> StateWriter::start(EventLoop& loop, std::unique_ptr<StateStore> store) {
  FileDescriptor wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) return system_failure("create an event descriptor");
  return std::unique_ptr<StateWriter>(new StateWriter(loop, std::move(store), std::move(wake)));
}

StateWriter::StateWriter(EventLoop& loop, std::unique_ptr<StateStore> store, FileDescriptor wake)
    : loop_(loop), store_(std::move(store)), wake_(std::move(wake)) {
  loop_.watch(wake_.get(), EPOLLIN, [this](std::uint32_t) { report(); });
  thread_ = std::thread([this] { work(); });
}

StateWriter::~StateWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
  loop_.forget(wake_.get());
}

void StateWriter::put(std::string_view key, std::string value, Done done) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::ranges::find(waiting_, key, &Job::key);
    if (same == waiting_.end()) {
      Job& job = waiting_.emplace_back();
      job.key = key;
      job.value = std::move(value);
      job.done.push_back(std::move(done));
    } else {
      same->value = std::move(value);
      same->done.push_back(std::move(done));
    }
  }
  arrived_.notify_one();
}

std::optional<std::string> StateWriter::get(std::string_view key, std::vector<std::string>* damaged) {
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = std::ranges::find(waiting_, key, &Job::key);
    if (waiting != waiting_.end()) return waiting->value;
  }
  const std::lock_guard lock(store_mutex_);
  return store_->get(key, damaged);
}

void StateWriter::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    // The store's lock first: who asks for this key finds the value either still waiting or written.
    lock.unlock();
    const std::lock_guard store_lock(store_mutex_);
    lock.lock();
    Job job = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    lock.unlock();
    const Result<void> written = store_->put(job.key, job.value);
    lock.lock();
    outcomes_.push_back({written, std::move(job.done)});
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  }
}

void StateWriter::report() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_.get(), &count, sizeof count));
  std::vector<Outcome> outcomes;
  {
    const std::lock_guard lock(mutex_);
    outcomes.swap(outcomes_);
  }
  for (const Outcome& outcome : outcomes)
    for (const Done& done : outcome.done) done(outcome.written);
}

}  // namespace simcluster::clusterd
