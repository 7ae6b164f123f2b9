#include "engine/base/testing_host.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/core.h>

#include "engine/base/log_tag.h"

namespace simcluster {

namespace {
constexpr int kSigKill = 9;
constexpr std::size_t kMostAtOneInstant = 100'000;
}  // namespace

std::uint64_t TestingClock::at(Time when, std::function<void()> call) {
  const std::uint64_t id = ++last_id_;
  events_.emplace(Key{std::max(when, now_), id}, std::move(call));
  when_.emplace(id, std::max(when, now_));
  return id;
}

void TestingClock::cancel(std::uint64_t id) {
  const auto it = when_.find(id);
  if (it == when_.end()) return;
  events_.erase(Key{it->second, id});
  when_.erase(it);
}

void TestingClock::run_next() {
  const auto it = events_.begin();
  at_this_instant_ = it->first.when == now_ ? at_this_instant_ + 1 : 0;
  if (at_this_instant_ > kMostAtOneInstant)
    throw std::runtime_error("events follow each other without end at one instant");
  now_ = it->first.when;
  std::function<void()> call = std::move(it->second);
  when_.erase(it->first.id);
  events_.erase(it);
  call();
  if (after_each_) after_each_();
}

bool TestingClock::step() {
  if (events_.empty()) return false;
  run_next();
  return true;
}

void TestingClock::run_for(Duration duration) {
  const Time end = now_ + duration;
  if (after_each_) after_each_();
  while (!events_.empty() && events_.begin()->first.when <= end) run_next();
  now_ = end;
}

TestingHost::TestingHost(TestingClock& clock, std::string name, std::uint64_t seed)
    : clock_(clock), name_(std::move(name)), seed_(seed), booted_(clock.now()), alive_(std::make_shared<bool>(true)) {}

TestingHost::~TestingHost() { *alive_ = false; }

void TestingHost::power_off() {
  on_ = false;
  *alive_ = false;
  alive_ = std::make_shared<bool>(true);
  agent_runs_.clear();
}

std::uint64_t TestingHost::later(Duration delay, std::function<void()> call) {
  std::shared_ptr<bool> alive = alive_;
  return clock_.at(clock_.now() + delay, [alive, call = std::move(call)] {
    if (*alive) call();
  });
}

TimerId TestingHost::start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) {
  return TimerId(later(delay, [&client, cookie] { client.on_timer(cookie); }));
}

void TestingHost::cancel_timer(TimerId timer) {
  if (timer.valid()) clock_.cancel(timer.value);
}

AgentRunId TestingHost::run_agent(const AgentRequest& request, AgentClient& client) {
  const AgentRunId id(++last_run_);
  runs_.push_back(fmt::format("{} {} {}", request.instance, request.action, request.interval.milliseconds()));
  Run run;
  run.client = &client;
  if (agents_) run.answer = agents_(request);
  if (run.answer.takes.ns >= 0) run.event = later(run.answer.takes, [this, id] { finish(id, 0); });
  agent_runs_.emplace(id.value, std::move(run));
  return id;
}

void TestingHost::finish(AgentRunId id, int signal) {
  const auto it = agent_runs_.find(id.value);
  if (it == agent_runs_.end()) return;
  const Run run = std::move(it->second);
  agent_runs_.erase(it);
  AgentResult result = run.answer.result;
  if (signal != 0) {
    result = {};
    result.signal = signal;
  }
  run.client->on_agent_exit(id, result);
}

void TestingHost::signal_agent(AgentRunId id, int signal) {
  signals_.push_back(signal);
  const auto it = agent_runs_.find(id.value);
  if (it == agent_runs_.end()) return;
  if (signal != kSigKill && it->second.answer.ignores_terminate) return;
  clock_.cancel(it->second.event);
  it->second.event = later({}, [this, id, signal] { finish(id, signal); });
}

void TestingHost::persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) {
  disk_.insert_or_assign(std::string(key), std::move(bytes));
  later({}, [&client, cookie] { client.on_persisted(cookie); });
}

std::optional<std::string> TestingHost::load(std::string_view key) const {
  const auto it = disk_.find(key);
  if (it == disk_.end()) return std::nullopt;
  return it->second;
}

Random& TestingHost::random(std::string_view purpose) {
  const auto it = random_.find(purpose);
  if (it != random_.end()) return it->second;
  return random_.emplace(std::string(purpose), Random(seed_, fmt::format("{}/{}", name_, purpose))).first->second;
}

void TestingHost::reset_node(std::string_view reason) {
  reset_ = true;
  end_reason_ = reason;
}

void TestingHost::exit_node(int exit_code, std::string_view reason) {
  exit_code_ = exit_code;
  end_reason_ = reason;
}

void TestingHost::log(LogPriority priority, std::string_view daemon, std::string_view text) {
  logs_.push_back({priority, std::string(split_log_tag(daemon).daemon), std::string(text)});
}

bool TestingHost::logged(std::string_view part) const {
  return std::any_of(logs_.begin(), logs_.end(),
                     [&](const LogLine& line) { return line.text.find(part) != std::string::npos; });
}

std::size_t TestingHost::count_runs(std::string_view run) const {
  return static_cast<std::size_t>(std::count(runs_.begin(), runs_.end(), run));
}

std::size_t TestingHost::traced(TraceKind kind, std::string_view part) const {
  return static_cast<std::size_t>(std::count_if(traces_.begin(), traces_.end(), [&](const Traced& event) {
    return event.kind == kind && event.text.find(part) != std::string::npos;
  }));
}

void TestingHost::trace(TraceKind kind, std::span<const TraceField> fields) {
  std::string text;
  for (const TraceField& field : fields) {
    if (!text.empty()) text += ' ';
    text +=
        field.is_number ? fmt::format("{}={}", field.name, field.number) : fmt::format("{}={}", field.name, field.text);
  }
  traces_.push_back({clock_.now(), kind, std::move(text)});
}

}  // namespace simcluster
