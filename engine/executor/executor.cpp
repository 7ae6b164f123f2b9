#include "engine/executor/executor.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "engine/base/assert.h"
#include "engine/executor/resource_queue.h"

namespace simcluster::executor {

class Executor::Impl final : public QueueOwner, public TimerClient {
 public:
  Impl(Host& host, const Profile& profile, ExecutorClient& client, int last_call)
      : host_(host), profile_(profile), client_(client), last_call_id_(last_call) {
    count_calls(1, 0);
  }
  ~Impl() {
    if (late_timer_.valid()) host_.cancel_timer(late_timer_);
  }

  // What connecting and registering takes was counted with 2.1.5; the executor of cluster-glue counted less.
  void count_calls(int calls, int calls_of_glue) {
    last_call_id_ += profile_.terminate_before_kill ? calls_of_glue : calls;
  }

  // A question, an order and a question again, or only the question where the answer is yes.
  void register_resource(std::string_view id, AgentName agent, bool registered) {
    count_calls(registered ? 1 : 3, 1);
    if (find(id) != nullptr) return;
    queues_.emplace(std::string(id), std::make_unique<ResourceQueue>(host_, profile_, *this, std::move(agent)));
  }

  ResourceQueue* find(std::string_view id) const {
    const auto it = queues_.find(id);
    return it == queues_.end() ? nullptr : it->second.get();
  }

  bool has_room_for(std::string_view id) const {
    const ResourceQueue* queue = find(id);
    return queue == nullptr ? queues_.size() < kMostResources : queue->operations() < kMostOperationsOfOne;
  }

  bool unregister_resource(std::string_view id) {
    count_calls(2, 1);
    const auto it = queues_.find(id);
    if (it == queues_.end()) return true;
    it->second->cancel_recurring();
    if (it->second->busy()) return false;
    std::erase(waiting_, it->second.get());
    removed_.push_back(std::move(it->second));
    queues_.erase(it);
    return true;
  }

  int execute(OperationRequest request) {
    ResourceQueue* queue = find(request.resource);
    SIMCLUSTER_ASSERT(queue != nullptr);
    const int call_id = ++last_call_id_;
    queue->execute(std::move(request), call_id);
    return call_id;
  }

  CancelOutcome cancel(std::string_view id, std::string_view action, Duration interval) {
    ++last_call_id_;
    ResourceQueue* queue = find(id);
    return queue == nullptr ? CancelOutcome::kUnknown : queue->cancel(action, interval);
  }

  void cancel_recurring(std::string_view id) {
    ResourceQueue* queue = find(id);
    if (queue == nullptr) return;
    count_calls(queue->recurring_count(), 0);
    queue->cancel_recurring();
  }

  std::size_t pending_count() const {
    std::size_t count = 0;
    for (const auto& [id, queue] : queues_) count += queue->pending_count();
    return count;
  }

  int next_call_id() const { return last_call_id_ + 1; }

  bool take_place(ResourceQueue& queue) override {
    if (profile_.four_operations_at_once && running_ >= kPlaces) {
      if (std::find(waiting_.begin(), waiting_.end(), &queue) == waiting_.end()) waiting_.push_back(&queue);
      return false;
    }
    ++running_;
    return true;
  }
  // Whoever waits goes on after the event: results come first.
  void free_place() override {
    --running_;
    if (!waiting_.empty() && !late_timer_.valid()) late_timer_ = host_.start_timer({}, *this, 0);
  }

  void begin_event() override {
    removed_.clear();
    retired_.clear();
  }
  void report(const OperationResult& result) override { client_.on_operation_result(result); }
  void retire(std::unique_ptr<OperationRun> run) override { retired_.push_back(std::move(run)); }
  void report_cancelled(std::unique_ptr<OperationRun> run) override {
    cancelled_.push_back(std::move(run));
    if (!late_timer_.valid()) late_timer_ = host_.start_timer({}, *this, 0);
  }

  void on_timer(std::uint64_t) override {
    late_timer_ = TimerId::none();
    begin_event();
    const std::vector<std::unique_ptr<OperationRun>> cancelled = std::exchange(cancelled_, {});
    for (const auto& run : cancelled) client_.on_operation_result(run->cancelled_result());
    while (!waiting_.empty() && running_ < kPlaces) {
      ResourceQueue* next = waiting_.front();
      waiting_.pop_front();
      next->advance();
    }
  }

 private:
  Host& host_;
  const Profile& profile_;
  ExecutorClient& client_;
  static constexpr int kPlaces = 4;

  int last_call_id_;
  int running_ = 0;
  std::deque<ResourceQueue*> waiting_;  // for a place
  std::map<std::string, std::unique_ptr<ResourceQueue>, std::less<>> queues_;
  std::vector<std::unique_ptr<ResourceQueue>> removed_;
  std::vector<std::unique_ptr<OperationRun>> retired_;
  std::vector<std::unique_ptr<OperationRun>> cancelled_;
  TimerId late_timer_;
};

Executor::Executor(Host& host, const Profile& profile, ExecutorClient& client, int last_call)
    : impl_(std::make_unique<Impl>(host, profile, client, last_call)) {}
Executor::~Executor() = default;

void Executor::register_resource(std::string_view resource, AgentName agent, bool registered) {
  impl_->register_resource(resource, std::move(agent), registered);
}
bool Executor::has_room_for(std::string_view resource) const { return impl_->has_room_for(resource); }
bool Executor::knows(std::string_view resource) const { return impl_->find(resource) != nullptr; }
bool Executor::unregister_resource(std::string_view resource) { return impl_->unregister_resource(resource); }
int Executor::execute(OperationRequest request) { return impl_->execute(std::move(request)); }
CancelOutcome Executor::cancel(std::string_view resource, std::string_view action, Duration interval) {
  return impl_->cancel(resource, action, interval);
}
void Executor::cancel_recurring(std::string_view resource) { impl_->cancel_recurring(resource); }
std::size_t Executor::pending_count() const { return impl_->pending_count(); }
bool Executor::busy(std::string_view resource) const {
  const ResourceQueue* queue = impl_->find(resource);
  return queue != nullptr && queue->busy();
}
int Executor::next_call_id() const { return impl_->next_call_id(); }

}  // namespace simcluster::executor
