#include "sim/faults/swizzle.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "sim/network/network.h"

namespace simcluster::sim {

namespace {

constexpr std::array<std::string_view, 2> kHow = {"cable", "silence"};

// Fisher and Yates.
void shuffle(std::vector<LinkEnd>& links, Random& random) {
  for (std::size_t i = links.size(); i > 1; --i) std::swap(links[i - 1], links[random.below(i)]);
}

void set_link(World& world, const LinkEnd& link, LinkStop how, bool works) {
  Machine& machine = world.machine(link.machine);
  const std::string text =
      how == LinkStop::kCable
          ? fmt::format("the cable of {} is {}", link.interface_name, works ? "plugged in" : "pulled")
          : fmt::format("{} {}", link.interface_name, works ? "is heard again" : "falls silent");
  world.tracer().emit(link.machine, TraceKind::kFault, {{"text", text}});
  if (how == LinkStop::kCable) {
    static_cast<void>(machine.set_cable(link.interface_name, works));
    return;
  }
  LinkQuality quality;
  quality.loss = works ? 0 : 1'000'000;
  static_cast<void>(machine.set_quality(link.interface_name, quality, quality));
}

Duration step(Duration span, std::size_t index, std::size_t count) {
  return nanoseconds(span.ns * static_cast<std::int64_t>(index) /
                     static_cast<std::int64_t>(std::max<std::size_t>(count, 1)));
}

}  // namespace

Time swizzle(World& world, std::vector<LinkEnd> links, LinkStop how, Duration stopping, Duration healing,
             Random& random) {
  const Time begin = world.now();
  for (const bool works : {false, true}) {
    shuffle(links, random);
    const Time from = works ? begin + stopping : begin;
    for (std::size_t i = 0; i < links.size(); ++i)
      world.at(from + step(works ? healing : stopping, works ? i + 1 : i, links.size()),
               [&world, link = links[i], how, works] { set_link(world, link, how, works); });
  }
  return begin + stopping + healing;
}

void Swizzle::describe(Fields& fields) {
  fields.reference({"network", "only links of this network; absent: of all"}, network_, Reference::kNetwork);
  fields.list({"nodes", "only links of these machines; absent: of all nodes"}, nodes_,
              [&](std::string& name, const std::string&) { fields.reference({}, name, Reference::kMachine); });
  fields.duration({"stopping", "time in which the links stop one by one, 10s when absent"}, stopping_);
  fields.duration({"healing", "time in which they come back in another order, 10s when absent"}, healing_);
  fields.choice({"how", "cable (when absent): cables are pulled; silence: frames are lost, the carrier stays"}, how_,
                kHow);
}

std::string Swizzle::text() const {
  return fmt::format("the links of {} stop one by one and come back in another order",
                     network_.empty() ? "all networks" : network_);
}

Result<void> Swizzle::apply(World& world) const {
  std::vector<LinkEnd> links;
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    const Machine& machine = world.machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
    const bool named = std::find(nodes_.begin(), nodes_.end(), machine.name()) != nodes_.end();
    if (nodes_.empty() ? !machine.spec().cluster : !named) continue;
    for (const InterfaceSpec& interface : machine.spec().interfaces)
      if (!interface.segment.empty() && (network_.empty() || interface.segment == network_))
        links.push_back({machine.index(), interface.name});
  }
  if (links.empty()) return fail("no machine has a cable there");
  Random random(world.seed(), fmt::format("swizzle at {}", world.elapsed().ns));
  swizzle(world, std::move(links), how_ == 0 ? LinkStop::kCable : LinkStop::kSilence, stopping_, healing_, random);
  return {};
}

}  // namespace simcluster::sim
