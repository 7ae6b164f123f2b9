#include "tools/clusterd/state_writer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/core.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tools/clusterd/file_descriptor.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

struct StateWriter::Shared {
  using Waiting = std::pair<Waiter, Done>;
  struct Job {
    std::string key;
    std::string value;
    std::vector<Waiting> done;
  };
  struct Outcome {
    Result<void> written;
    std::vector<Waiting> done;
  };

  void work();

  std::unique_ptr<StateStore> store;  // under store_mutex
  FileDescriptor wake;
  std::mutex store_mutex;
  std::mutex mutex;  // of all below
  std::condition_variable arrived;
  std::vector<Job> waiting;
  std::size_t writing = 0;  // calls that wait for the value at which the thread is
  std::vector<Outcome> outcomes;
  bool ending = false;
};

Result<std::unique_ptr<StateWriter>> StateWriter::start(EventLoop& loop, std::unique_ptr<StateStore> store, Log log,
                                                        Duration farewell, Duration hangs) {
  auto shared = std::make_shared<Shared>();
  shared->wake = FileDescriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!shared->wake) return system_failure("create an event descriptor");
  shared->store = std::move(store);
  return std::unique_ptr<StateWriter>(new StateWriter(loop, std::move(shared), std::move(log), farewell, hangs));
}

StateWriter::StateWriter(EventLoop& loop, std::shared_ptr<Shared> shared, Log log, Duration farewell, Duration hangs)
    : loop_(loop),
      log_(std::move(log)),
      farewell_(farewell),
      hangs_(hangs),
      shared_(std::move(shared)),
      thread_([at_work = shared_] { at_work->work(); }) {
  loop_.watch(shared_->wake.get(), EPOLLIN, [this](std::uint32_t) { report(); });
}

StateWriter::~StateWriter() {
  loop_.cancel_timer(look_);
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->arrived.notify_one();
  const bool ended = thread_.finish(farewell_);
  loop_.forget(shared_->wake.get());
  if (!ended) log_(LogPriority::kError, "the disk of the state directory hangs: what waits for it is not saved");
}

void StateWriter::put(std::string_view key, std::string value, Waiter waiter, Done done) {
  {
    const std::lock_guard lock(shared_->mutex);
    auto job = std::ranges::find(shared_->waiting, key, &Shared::Job::key);
    if (job == shared_->waiting.end()) {
      shared_->waiting.emplace_back().key = key;
      job = std::prev(shared_->waiting.end());
    }
    job->value = std::move(value);
    const auto same = std::ranges::find(job->done, waiter, &Shared::Waiting::first);
    if (same == job->done.end())
      job->done.emplace_back(waiter, std::move(done));
    else
      same->second = std::move(done);
  }
  shared_->arrived.notify_one();
  if (look_.valid()) return;
  has_reported_ = false;
  look_ = loop_.start_timer(hangs_, *this, 0);
}

std::optional<std::string> StateWriter::get(std::string_view key, std::vector<std::string>* damaged) {
  {
    const std::lock_guard lock(shared_->mutex);
    const auto job = std::ranges::find(shared_->waiting, key, &Shared::Job::key);
    if (job != shared_->waiting.end()) return job->value;
  }
  const std::lock_guard lock(shared_->store_mutex);
  return shared_->store->get(key, damaged);
}

std::size_t StateWriter::waiting() const {
  const std::lock_guard lock(shared_->mutex);
  std::size_t count = shared_->writing;
  for (const Shared::Job& job : shared_->waiting) count += job.done.size();
  return count;
}

void StateWriter::Shared::work() {
  std::unique_lock lock(mutex);
  while (true) {
    arrived.wait(lock, [this] { return ending || !waiting.empty(); });
    if (waiting.empty()) return;
    // The store's lock first: who asks for this key finds the value either still waiting or written.
    lock.unlock();
    const std::lock_guard store_lock(store_mutex);
    lock.lock();
    Job job = std::move(waiting.front());
    waiting.erase(waiting.begin());
    writing = job.done.size();
    lock.unlock();
    const Result<void> written = store->put(job.key, job.value);
    lock.lock();
    writing = 0;
    outcomes.push_back({written, std::move(job.done)});
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake.get(), &one, sizeof one));
  }
}

void StateWriter::report() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(shared_->wake.get(), &count, sizeof count));
  std::vector<Shared::Outcome> outcomes;
  {
    const std::lock_guard lock(shared_->mutex);
    outcomes.swap(shared_->outcomes);
  }
  has_reported_ = true;
  if (std::exchange(hanging_, false)) log_(LogPriority::kNotice, "the disk of the state directory writes again");
  for (const Shared::Outcome& outcome : outcomes)
    for (const auto& [waiter, done] : outcome.done) done(outcome.written);
}

void StateWriter::on_timer(std::uint64_t) {
  look_ = TimerId::none();
  if (waiting() == 0) return;
  if (!std::exchange(has_reported_, false) && !std::exchange(hanging_, true))
    log_(LogPriority::kCritical,
         fmt::format("the disk of the state directory has not written anything for {} ms: the node goes on, and what "
                     "changes is not saved",
                     hangs_.ns / 1'000'000));
  look_ = loop_.start_timer(hangs_, *this, 0);
}

}  // namespace simcluster::clusterd
