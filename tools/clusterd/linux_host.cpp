#include "tools/clusterd/linux_host.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>
#include <utility>

#include <fmt/core.h>
#include <sys/random.h>

#include "engine/base/assert.h"
#include "engine/base/log_tag.h"
#include "tools/clusterd/machine_reset.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

// The daemon itself as a speaker in its log.
constexpr std::string_view kSelf = "clusterd";

}  // namespace

LinuxHost::LinuxHost(EventLoop& loop, const Settings& settings, const Journal& journal, Ended ended)
    : loop_(loop),
      settings_(settings),
      journal_(journal),
      ended_(std::move(ended)),
      links_(loop),
      agents_(loop, settings.agents),
      alive_(std::make_shared<bool>(true)) {}

LinuxHost::~LinuxHost() { *alive_ = false; }

Result<std::unique_ptr<LinuxHost>> LinuxHost::create(EventLoop& loop, const Settings& settings, const Journal& journal,
                                                     Ended ended) {
  std::unique_ptr<LinuxHost> host(new LinuxHost(loop, settings, journal, std::move(ended)));
  if (getrandom(&host->seed_, sizeof host->seed_, 0) != sizeof host->seed_) return system_failure("get random numbers");
  auto files = open_store_directory(settings.state_directory);
  if (!files) return tl::unexpected(files.error());
  if (const auto sound = check_store(**files); !sound)
    return fail(fmt::format("{}: {}", settings.state_directory, sound.error().message));
  auto writer = StateWriter::start(
      loop, std::make_unique<StateStore>(std::move(*files), settings.state_versions),
      [&journal](LogPriority priority, const std::string& sentence) { journal.write(priority, kSelf, sentence); });
  if (!writer) return tl::unexpected(writer.error());
  host->state_ = std::move(*writer);
  host->life_ = host->begin_life();
  if (settings.links == LinkProvider::kKnet)
    host->knet_ = std::make_unique<KnetLinks>(
        loop, [&journal](LogPriority priority, std::string_view text) { journal.write(priority, "corosync", text); },
        host->life_, journal.wants(LogPriority::kDebug));
  if (host->knet_ && settings.allow_unauthenticated) host->knet_->allow_unauthenticated();
  auto inputs = open_store_directory(inputs_directory(settings));
  if (!inputs) return tl::unexpected(inputs.error());
  host->inputs_ = std::make_unique<InputArchive>(
      std::move(*inputs), settings.scheduler_inputs,
      [&journal](const std::string& sentence) { journal.write(LogPriority::kWarning, kSelf, sentence); });
  auto watch = InterfaceWatch::start(loop, [raw = host.get()] { raw->links_.examine_all(); });
  if (!watch) return tl::unexpected(watch.error());
  host->interfaces_ = std::move(*watch);
  return host;
}

DroppedFrames LinuxHost::dropped() const {
  if (knet_) return knet_->dropped();
  DroppedFrames dropped;
  dropped.replayed = guard_ ? guard_->replayed() : 0;
  dropped.unsent = links_.unsent();
  return dropped;
}

membership::FrameGuard& LinuxHost::guard_frames_of(ClusterNodeId self) { return guard_.emplace(self, life_); }

// A number that is larger than that of every start before, even if the clock was set back.
std::uint64_t LinuxHost::begin_life() {
  constexpr std::string_view kKey = "life";
  std::uint64_t before = 0;
  if (const auto text = load(kKey)) std::from_chars(text->data(), text->data() + text->size(), before);
  const std::uint64_t life = std::max(before + 1, static_cast<std::uint64_t>((now() - Time{}).ns));
  state_->put(kKey, std::to_string(life), {this}, [this, alive = alive_](const Result<void>& done) {
    if (*alive && !done) log(LogPriority::kError, kSelf, "this start was not noted: " + done.error().message);
  });
  return life;
}

Time LinuxHost::now() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Time{} + seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

TimerId LinuxHost::start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) {
  return loop_.start_timer(delay, client, cookie);
}

void LinuxHost::open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) {
  links_.open(link, config, client);
}

AgentRunId LinuxHost::run_agent(const AgentRequest& request, AgentClient& client) {
  return agents_.run(request, client);
}

void LinuxHost::persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) {
  state_->put(key, std::move(bytes), {&client, cookie},
              [this, &client, cookie, alive = alive_, name = std::string(key)](const auto& done) {
                if (!*alive) return;
                // What is not durable is not acknowledged: the software waits, and somebody is told why.
                if (!done)
                  return log(LogPriority::kCritical, kSelf,
                             fmt::format("{} was not saved: {}", name, done.error().message));
                client.on_persisted(cookie);
              });
}

std::optional<std::string> LinuxHost::load(std::string_view key) const {
  std::vector<std::string> damaged;
  auto value = state_->get(key, &damaged);
  for (const std::string& sentence : damaged) journal_.write(LogPriority::kError, kSelf, sentence);
  return value;
}

Random& LinuxHost::random(std::string_view purpose) {
  const auto it = streams_.find(purpose);
  if (it != streams_.end()) return it->second;
  return streams_.emplace(std::string(purpose), Random(seed_, purpose)).first->second;
}

void LinuxHost::reset_node(std::string_view reason) {
  log(LogPriority::kEmergency, kSelf, fmt::format("this machine is reset now: {}", reason));
  reset_machine(settings_.reset_command);
}

// Not from inside the call that led here: the software is still on the stack.
void LinuxHost::exit_node(int exit_code, std::string_view reason) {
  loop_.defer([this, exit_code, text = std::string(reason), alive = alive_] {
    if (*alive) ended_(exit_code, text);
  });
}

void LinuxHost::log(LogPriority priority, std::string_view daemon, std::string_view text) {
  journal_.write(priority, split_log_tag(daemon).daemon, text);
}

}  // namespace simcluster::clusterd
