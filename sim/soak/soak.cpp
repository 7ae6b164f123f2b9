#include "sim/soak/soak.h"

#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "sim/checks/panel.h"
#include "sim/soak/havoc.h"
#include "sim/soak/soak_world.h"

namespace simcluster::sim {

namespace {

class Counter final : public TraceSink {
 public:
  void on_trace(const TraceEvent& event) override {
    if (event.kind == TraceKind::kMembershipChange) ++rings;
    if (event.kind == TraceKind::kMessageDelivered) ++delivered;
  }
  std::uint64_t rings = 0;
  std::uint64_t delivered = 0;
};

// Takes a sink off the world again, before it dies.
class Attached {
 public:
  Attached(World& world, TraceSink* sink, int level) : world_(world), sink_(sink) {
    if (sink_ != nullptr) world_.tracer().add_sink(*sink_, level);
  }
  ~Attached() {
    if (sink_ != nullptr) world_.tracer().remove_sink(*sink_);
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  World& world_;
  TraceSink* sink_;
};

void wreak(World& world, Havoc& havoc, Random& random) {
  world.run_for(milliseconds(random.between(500, 6000)));
  const std::int64_t rounds = random.between(10, 60);
  for (std::int64_t round = 0; round < rounds; ++round) {
    havoc.strike();
    if (random.below(6) == 0) havoc.start_missing();
    world.run_for(milliseconds(random.below(4) == 0 ? random.between(500, 5000) : random.between(1, 700)));
  }
}

// The service manager starts what has ended, until the network has been at rest for long enough.
void recover(World& world, Havoc& havoc, Duration bound) {
  world.run_for(seconds(9));  // a swizzle may still be under way
  havoc.repair();
  const Time end = world.now() + bound * 2 + seconds(6);
  while (world.now() < end) {
    havoc.start_missing();
    havoc.enable_rings();
    world.run_for(seconds(1));
  }
}

}  // namespace

Result<SoakResult> soak(const SoakPlan& plan, TraceSink* sink, int level) {
  Random random(plan.seed, "soak");
  SoakResult result;
  result.nodes = static_cast<std::uint32_t>(random.between(plan.least_nodes, plan.most_nodes));
  result.stack = plan.stack.empty() ? std::string(soak_stacks()[random.below(soak_stacks().size())]) : plan.stack;
  const SoakStack* stack = find_soak_stack(result.stack);
  if (stack == nullptr) return fail(fmt::format("there is no stack \"{}\" for soaking", result.stack));
  auto setup = soak_world(*stack, result.nodes, plan.seed, random);
  if (!setup) return tl::unexpected<Error>(setup.error());
  for (MachineSpec& machine : setup->spec.machines) machine.knobs.timer_slack = plan.timer_slack;
  auto created = World::create(std::move(setup->spec));
  if (!created) return tl::unexpected<Error>(created.error());
  World& world = **created;
  const Time start = world.now();

  Counter counter;
  const Attached counting(world, &counter, trace_kind_level(TraceKind::kMessageDelivered));
  const Attached listening(world, sink, level);
  Panel panel(world);
  Havoc havoc(world, plan.seed, {stack->survives_address_loss, setup->authenticated, setup->finds_mtu});
  world.start();
  wreak(world, havoc, random);
  recover(world, havoc, panel.watch().reformation);
  panel.finish();
  const auto add = [&](Time at, NodeIndex node, std::string_view judge, const std::string& text) {
    result.findings.push_back({at - start, node.valid() ? world.machine(node).name() : "", std::string(judge), text});
  };
  for (const auto& judge : panel.judges())
    for (const Finding& finding : judge->findings()) add(finding.at, finding.node, judge->name(), finding.text);
  const auto groups = world.ring_groups();
  if (!groups || groups->size() != 1 || groups->front().size() != result.nodes)
    add(world.now(), NodeIndex(), "soak", "not all nodes run on one network in the end");
  if (!world.healthy())
    add(world.now(), NodeIndex(), "soak", fmt::format("{} assertions failed on nodes", world.assertion_crashes()));
  std::ranges::stable_sort(result.findings, {}, &SoakFinding::at);
  result.length = world.elapsed();
  result.events = world.events_run();
  result.rings = counter.rings;
  result.delivered = counter.delivered;
  result.faults = havoc.strikes();
  return result;
}

}  // namespace simcluster::sim
