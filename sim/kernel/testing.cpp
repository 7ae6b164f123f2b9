#include "sim/kernel/testing.h"

#include <algorithm>

namespace simcluster::sim {

AgentRequest ocf_request(std::string provider, std::string type, std::string action, std::string instance) {
  AgentRequest request;
  request.standard = "ocf";
  request.provider = std::move(provider);
  request.type = std::move(type);
  request.action = std::move(action);
  request.instance = std::move(instance);
  return request;
}

TestMachines::TestMachines(std::size_t count, StackVersions versions, std::uint64_t seed)
    : network(queue, tracer, seed) {
  const Profile profile = make_profile(std::move(versions)).value();
  lan = network.add_segment("lan", SegmentKind::kSwitch, {});
  for (std::size_t i = 0; i < count; ++i) {
    const MachineContext context{
        queue,   tracer, network, seed, NodeIndex(static_cast<std::uint16_t>(i)), "n" + std::to_string(i + 1),
        profile, {}};
    kernels.push_back(std::make_unique<Kernel>(context, services));
    NetStack& stack = kernels.back()->net();
    const int eth0 = stack.add_ether("eth0", {0x5254'0000'0000 + i}, 1500);
    static_cast<void>(network.plug(stack.interface(eth0).port, lan));
    kernels.back()->boot();
    stack.set_up("eth0", true);
    InterfaceAddress own;
    own.address = address(i);
    own.prefix_length = 24;
    own.broadcast = broadcast_of(own.address, 24);
    stack.add_address("eth0", own);
  }
  run(milliseconds(1));
}

void TraceLines::on_trace(const TraceEvent& event) {
  std::string line(trace_kind_name(event.kind));
  for (const TraceField& field : event.fields) {
    line += ' ';
    line += field.name;
    line += '=';
    if (field.is_number)
      line += std::to_string(field.number);
    else
      line += field.text;
  }
  lines.push_back(std::move(line));
  times.push_back(event.at.ns);
}

std::size_t TraceLines::count(std::string_view part) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [&](const std::string& l) { return l.find(part) != std::string::npos; }));
}

}  // namespace simcluster::sim
