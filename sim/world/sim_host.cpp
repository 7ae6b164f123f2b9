#include "sim/world/sim_host.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/assert.h"
#include "engine/base/log_tag.h"

namespace simcluster::sim {

std::string_view log_priority_name(LogPriority priority) {
  constexpr std::string_view kNames[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
  return kNames[static_cast<std::size_t>(priority)];
}

SimHost::SimHost(Kernel& kernel, HostOwner& owner, std::uint64_t incarnation)
    : kernel_(kernel),
      owner_(owner),
      stream_prefix_(kernel.context().stream("software/" + std::to_string(incarnation) + "/")),
      disk_random_(kernel.context().seed, stream_prefix_ + "disk"),
      timer_random_(kernel.context().seed, stream_prefix_ + "timers") {
  kernel_.net().add_observer(*this);
}

SimHost::~SimHost() { die(Death::kPower); }

void SimHost::die(Death death) {
  if (dead_) return;
  dead_ = true;
  if (death == Death::kProcess)
    for (Write& write : writes_)
      if (write.used) owner_.disk()[write.key] = std::move(write.bytes);
  EventQueue& queue = kernel_.context().queue;
  for (Timer& timer : timers_)
    if (timer.client != nullptr) queue.cancel(timer.event);
  for (Link& link : links_) {
    queue.cancel(link.report);
    if (link.socket.valid() && kernel_.running()) kernel_.net().close_socket(link.socket);
  }
  for (Write& write : writes_) queue.cancel(write.event);
  for (Looped& looped : loops_) queue.cancel(looped.event);
  queue.cancel(resume_event_);
  kernel_.agents().forget(*this);
  kernel_.net().remove_observer(*this);
}

EventId SimHost::schedule(Event event, std::uint64_t index, Duration delay, EventClass event_class) {
  return kernel_.context().queue.schedule_in(delay, *this, index << 8 | static_cast<std::uint64_t>(event), event_class);
}

void SimHost::on_event(std::uint64_t cookie) {
  if (dead_) return;
  if ((paused_ || kernel_.frozen()) && static_cast<Event>(cookie & 0xff) != Event::kPersist) {
    waiting_events_.push_back(cookie);
    return;
  }
  const std::size_t index = cookie >> 8;
  switch (static_cast<Event>(cookie & 0xff)) {
    case Event::kTimer:
      return fire_timer(index);
    case Event::kLinkState:
      return report_link(index);
    case Event::kPersist:
      return finish_write(index);
    case Event::kLoop: {
      const Looped looped = std::move(loops_[index]);
      loops_[index].link = LinkIndex::none();
      return deliver(looped.link.index(), looped.frame);
    }
    case Event::kResume:
      return replay();
  }
}

// --- timers ----------------------------------------------------------------------------------------------------------

Duration SimHost::late() {
  const Duration most = kernel_.context().knobs.timer_slack;
  return most.ns == 0 ? Duration{} : timer_random_.between({}, most);
}

[[gnu::flatten]] TimerId SimHost::start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) {
  if (dead_) return TimerId::none();
  std::uint32_t slot = free_timer_;
  if (slot == kNoTimer) {
    slot = static_cast<std::uint32_t>(timers_.size());
    timers_.emplace_back();
  } else {
    free_timer_ = timers_[slot].next_free;
  }
  Timer& timer = timers_[slot];
  timer.client = &client;
  timer.cookie = cookie;
  const Duration after = delay + late();
  timer.due = kernel_.context().queue.now() + after;
  timer.event = schedule(Event::kTimer, slot, after);
  return TimerId(std::uint64_t{timer.generation} << 32 | slot);
}

SimHost::Timer* SimHost::find_timer(TimerId id) {
  if (dead_ || !id.valid()) return nullptr;
  const auto slot = static_cast<std::uint32_t>(id.value);
  if (slot >= timers_.size()) return nullptr;
  Timer& timer = timers_[slot];
  return timer.generation == id.value >> 32 && timer.client != nullptr ? &timer : nullptr;
}

[[gnu::flatten]] bool SimHost::postpone_timer(TimerId id, Duration delay) {
  Timer* timer = find_timer(id);
  const Time due = kernel_.context().queue.now() + delay + late();
  // The software's clock may have jumped since it asked for the timer, the world's does not.
  if (timer == nullptr || due < timer->due || !kernel_.context().queue.postpone(timer->event, due)) return false;
  timer->due = due;
  return true;
}

void SimHost::cancel_timer(TimerId id) {
  if (find_timer(id) == nullptr) return;
  const auto slot = static_cast<std::uint32_t>(id.value);
  Timer& timer = timers_[slot];
  // One that waits for the end of a pause is no longer in the queue.
  if (!kernel_.context().queue.cancel(timer.event))
    std::erase(waiting_events_, std::uint64_t{slot} << 8 | static_cast<std::uint64_t>(Event::kTimer));
  timer.client = nullptr;
  ++timer.generation;
  timer.next_free = free_timer_;
  free_timer_ = slot;
}

void SimHost::fire_timer(std::size_t slot) {
  Timer& timer = timers_[slot];
  TimerClient& client = *timer.client;
  const std::uint64_t cookie = timer.cookie;
  timer.client = nullptr;
  ++timer.generation;
  timer.next_free = free_timer_;
  free_timer_ = static_cast<std::uint32_t>(slot);
  guarded([&] { client.on_timer(cookie); });
}

// --- pause -----------------------------------------------------------------------------------------------------------

void SimHost::pause() { paused_ = true; }

void SimHost::resume() {
  paused_ = false;
  wake();
}

void SimHost::wake() {
  if (dead_) return;
  kernel_.context().queue.cancel(resume_event_);
  resume_event_ = schedule(Event::kResume, 0, {});
}

// What came in the meantime: datagrams first, then timers in the order in which they were due (M ARC-3).
void SimHost::replay() {
  const std::vector<Looped> frames = std::exchange(waiting_frames_, {});
  waiting_bytes_ = 0;
  replayed_frames_ = frames.size();
  for (const Looped& looped : frames) {
    --replayed_frames_;
    deliver(looped.link.index(), looped.frame);
  }
  while (!waiting_events_.empty() && !paused_ && !dead_) {
    const std::uint64_t event = waiting_events_.front();
    waiting_events_.erase(waiting_events_.begin());
    on_event(event);
  }
}

// --- agents ----------------------------------------------------------------------------------------------------------

AgentRunId SimHost::run_agent(const AgentRequest& request, AgentClient& client) {
  if (dead_) return AgentRunId::none();
  const AgentRunId run = kernel_.agents().run_agent(request, *this);
  runs_.push_back({run, &client});
  return run;
}

void SimHost::signal_agent(AgentRunId run, int signal) {
  if (!dead_) kernel_.agents().signal_run(run, signal);
}

void SimHost::on_run_exit(AgentRunId run, const AgentResult& result) {
  const auto it = std::ranges::find(runs_, run, &Run::id);
  if (it == runs_.end() || dead_) return;
  AgentClient& client = *it->client;
  *it = runs_.back();
  runs_.pop_back();
  guarded([&] { client.on_agent_exit(run, result); });
}

void SimHost::on_program_assertion(AgentRunId run, std::string_view what) {
  std::erase_if(runs_, [&](const Run& r) { return r.id == run; });
  if (!dead_) owner_.on_software_assertion(what);
}

// --- disk ------------------------------------------------------------------------------------------------------------

void SimHost::persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) {
  if (dead_) return;
  std::size_t slot = 0;
  while (slot < writes_.size() && writes_[slot].used) ++slot;
  if (slot == writes_.size()) writes_.emplace_back();
  writes_[slot] = {std::string(key), std::move(bytes), &client, cookie, true, {}};
  const CostRange& cost = kernel_.context().knobs.disk_sync;
  const Time now = kernel_.context().queue.now();
  // The disk does one write after the other.
  disk_ready_ = std::max(disk_ready_, now) + disk_random_.between(cost.least, cost.most);
  writes_[slot].event = schedule(Event::kPersist, slot, disk_ready_ - now);
}

void SimHost::finish_write(std::size_t slot) {
  Write& write = writes_[slot];
  owner_.disk()[write.key] = std::move(write.bytes);
  write.used = false;
  PersistClient& client = *write.client;
  const std::uint64_t cookie = write.cookie;
  guarded([&] { client.on_persisted(cookie); });
}

std::optional<std::string> SimHost::load(std::string_view key) const {
  const auto it = owner_.disk().find(key);
  if (it == owner_.disk().end()) return std::nullopt;
  return it->second;
}

// --- the rest --------------------------------------------------------------------------------------------------------

Random& SimHost::random(std::string_view purpose) {
  const auto it = streams_.find(purpose);
  if (it != streams_.end()) return it->second;
  return streams_.emplace(std::string(purpose), Random(kernel_.context().seed, stream_prefix_ + std::string(purpose)))
      .first->second;
}

void SimHost::reset_node(std::string_view reason) {
  if (!dead_) owner_.on_reset_wanted(reason);
}

void SimHost::exit_node(int exit_code, std::string_view reason) {
  if (!dead_) owner_.on_software_exit(exit_code, reason);
}

void SimHost::log(LogPriority priority, std::string_view tag, std::string_view text) {
  if (dead_ || !tracing(TraceKind::kLog)) return;
  const auto [daemon, function] = split_log_tag(tag);
  std::array<TraceField, 5> fields{{{"daemon", daemon},
                                    {"priority", log_priority_name(priority)},
                                    {"text", text},
                                    {"function", function},
                                    {"to", "detail"}}};
  std::size_t count = function.empty() ? 3 : 4;
  // Corosync has its own rules.
  if (kernel_.context().profile.detail_log && priority > LogPriority::kNotice && daemon != "corosync")
    fields[count++] = {"to", "detail"};
  kernel_.context().tracer.emit(kernel_.context().node, TraceKind::kLog,
                                std::span<const TraceField>(fields.data(), count));
}

void SimHost::trace(TraceKind kind, std::span<const TraceField> fields) {
  if (!dead_) kernel_.context().tracer.emit(kernel_.context().node, kind, fields);
}

}  // namespace simcluster::sim
