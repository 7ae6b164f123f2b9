#include "engine/membership/cfgtool.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "engine/membership/tool_args.h"

namespace simcluster::membership {

namespace {

constexpr std::string_view kUsage =
    R"(corosync-cfgtool [[-i <interface ip>] [-b] -s] [-R] [-L] [-k nodeid] [-a nodeid] [-h] [-H]

A tool for displaying and configuring active parameters within corosync.
options:
	-i	Finds only information about the specified interface IP address or link id when used with -s..
	-s	Displays the status of the current links on this node.
	-n	Displays the status of the connected nodes and their links.
	-b	Displays the brief status of the current links on this node when used with -s.
	-R	Tell all instances of corosync in this cluster to reload corosync.conf.
	-L	Tell corosync to reopen all logging files.
	-k	Kill a node identified by node id.
	-a	Display the IP address(es) of a node
	-h	Print basic usage.
	-H	Shutdown corosync cleanly on this node.
		--force will shut down corosync regardless of daemon vetos
)";

struct Wish {
  enum class Action : std::uint8_t {
    kHelp,
    kStatus,
    kNodes,
    kReenable,
    kReload,
    kReopenLogs,
    kKill,
    kAddress,
    kShutdown
  } action = Action::kHelp;
  bool brief = false;
  bool force = false;
  std::uint32_t node = 0;
};

ToolResult failure(std::string error, std::string output = {}) { return {std::move(output), std::move(error), 1}; }

bool take_node(std::string_view text, std::uint32_t& node) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), node);
  return error == std::errc() && end == text.data() + text.size() && node != 0;
}

// --- status ----------------------------------------------------------------------------------------------------------

std::string_view transport_word(TransportKind kind) {
  switch (kind) {
    case TransportKind::kUdp:
      return "udp";
    case TransportKind::kUdpu:
      return "udpu";
    case TransportKind::kKnet:
      return "knet";
  }
  return "";
}

// TO-8.
ToolResult rings(const StackView& view) {
  ToolResult result;
  result.output = fmt::format("Printing ring status.\nLocal node ID {}\n", view.own.value);
  for (const LinkStatus& link : view.transport.status()) {
    result.output += fmt::format("RING ID {}\n\tid\t= {}\n\tstatus\t= {}\n", link.number, link.own.text(), link.text);
    if (link.faulty) result.status = 1;
  }
  return result;
}

std::string head(const StackView& view) {
  return fmt::format("Local node ID {}, transport {}\n", view.own.value, transport_word(view.plan.transport));
}

bool member(const StackView& view, std::uint32_t node) {
  return std::find(view.members.begin(), view.members.end(), ClusterNodeId(node)) != view.members.end();
}

// Enabled (bit 0) and connected (bit 1); without links of their own, udp and udpu count the ring's members.
int digit(const StackView& view, const PeerLinkStatus& peer) {
  const bool connected = view.plan.transport == TransportKind::kKnet ? peer.connected : member(view, peer.node);
  return (peer.enabled ? 1 : 0) | (connected ? 2 : 0);
}

// TO-7.
std::string links(const StackView& view, bool brief) {
  const bool knet = view.plan.transport == TransportKind::kKnet;
  std::string text = head(view);
  for (const LinkStatus& link : view.transport.status()) {
    // udp and udpu show the address of the last node of the list (Corosync 3.1.7).
    const IpAddress& shown = knet || link.peers.empty() ? link.own : link.peers.back().address;
    text += fmt::format("LINK ID {} {}\n\taddr\t= {}\n\tstatus{}", link.number, knet ? "udp" : "", shown.text(),
                        brief ? "\t= " : ":\n");
    for (const PeerLinkStatus& peer : link.peers) {
      const bool local = ClusterNodeId(peer.node) == view.own;
      const int state = digit(view, peer);
      if (brief)
        text += local ? "n" : std::to_string(state);
      else
        text += fmt::format("\t\tnodeid: {:>10}:\t{}\n", peer.node,
                            local              ? "localhost"
                            : (state & 2) != 0 ? "connected"
                                               : "disconnected");
    }
    if (brief) text += "\n";
  }
  return text;
}

std::string nodes(const StackView& view) {
  const bool knet = view.plan.transport == TransportKind::kKnet;
  const std::vector<LinkStatus> all = view.transport.status();
  std::string text = head(view);
  for (const auto& [node, addresses] : view.plan.node_addresses()) {
    if (ClusterNodeId(node) == view.own) continue;
    std::string body;
    bool reachable = false;
    for (const LinkStatus& link : all)
      for (const PeerLinkStatus& peer : link.peers) {
        if (peer.node != node) continue;
        const int state = digit(view, peer);
        reachable = reachable || (state & 2) != 0;
        const std::string ends =
            knet ? fmt::format("{}->{}", link.own.text(), peer.address.text()) : peer.address.text();
        body += fmt::format("   LINK: {} {} ({}){}{} mtu: {}\n", link.number, knet ? "udp" : "", ends,
                            (state & 1) != 0 ? " enabled" : "", (state & 2) != 0 ? " connected" : "", peer.mtu);
      }
    if (reachable)
      text += fmt::format("nodeid: {} reachable{}\n{}\n", node,
                          view.profile.onwire_versions_shown && knet ? "   onwire (min/max/cur): 0, 1, 1" : "", body);
  }
  return text;
}

ToolResult addresses_of(const StackView& view, std::uint32_t node) {
  std::string text;
  for (const IpAddress& address : node_addresses(view, ClusterNodeId(node)))
    text += (text.empty() ? "" : " ") + address.text();
  if (text.empty()) return failure(fmt::format("Could not get node address for nodeid {}\n", node));
  return {text + "\n", {}, 0};
}

// --- actions ---------------------------------------------------------------------------------------------------------

ToolResult reload(StackControl& control) {
  ToolResult result{"Reloading corosync.conf...\n", {}, 0};
  const CsError error = control.reload();
  if (error == CsError::kOk) {
    result.output += "Done\n";
  } else {
    result.error = fmt::format("Could not reload configuration. Error {}\n", cs_error_name(error));
    result.status = static_cast<int>(error);
  }
  return result;
}

ToolResult kill(std::uint32_t node, StackControl& control) {
  ToolResult result{fmt::format("Killing node {}\n", node), {}, 0};
  const CsError error = control.kill_node(ClusterNodeId(node));
  if (error == CsError::kOk) return result;
  result.error = fmt::format("Could not kill node (error = {})\n", cs_error_name(error));
  result.status = 1;
  return result;
}

ToolResult shut_down(bool force, StackControl& control) {
  ToolResult result{"Shutting down corosync\n", {}, 0};
  const CsError error = control.shut_down(force);
  if (error == CsError::kOk) return result;
  result.error = fmt::format("Could not shutdown (error = {})\n", static_cast<int>(error));
  result.status = 1;
  return result;
}

ToolResult not_running(const Wish& wish, const Profile& profile) {
  const std::string number = "Could not initialize corosync configuration API error 2\n";
  const std::string name = "Could not initialize corosync configuration API error CS_ERR_LIBRARY\n";
  switch (wish.action) {
    case Wish::Action::kStatus:
      return failure(number, profile.processor_is_address ? "Printing ring status.\n" : "");
    case Wish::Action::kKill:
      return failure(number, fmt::format("Killing node {}\n", wish.node));
    case Wish::Action::kReload:
      return failure(profile.processor_is_address ? number : name, "Reloading corosync.conf...\n");
    case Wish::Action::kReopenLogs:
      return failure(name);
    case Wish::Action::kReenable:
      return failure(number, "Re-enabling all failed rings.\n");
    default:
      return failure(number);
  }
}

// False when a number is wrong.
bool take(const ToolArgs::Option& option, const Profile& profile, Wish& wish) {
  using Action = Wish::Action;
  switch (option.letter) {
    case 's':
      if (wish.action != Action::kNodes) wish.action = Action::kStatus;
      return true;
    case 'n':
      if (!profile.processor_is_address) wish.action = Action::kNodes;
      return true;
    case 'b':
      wish.brief = true;
      return true;
    case 'r':
      if (profile.processor_is_address) wish.action = Action::kReenable;
      return true;
    case 'R':
      wish.action = Action::kReload;
      return true;
    case 'L':
      wish.action = Action::kReopenLogs;
      return true;
    case 'H':
      wish.action = Action::kShutdown;
      return true;
    case 'f':
      wish.force = true;
      return true;
    case 'k':
      wish.action = Action::kKill;
      return take_node(option.value, wish.node);
    case 'a':
      wish.action = Action::kAddress;
      return take_node(option.value, wish.node);
    default:
      return true;
  }
}

ToolResult carry_out(const Wish& wish, const StackView& view, StackControl& control) {
  switch (wish.action) {
    case Wish::Action::kHelp:
      break;
    case Wish::Action::kStatus:
      if (view.profile.processor_is_address) return rings(view);
      return {links(view, wish.brief), {}, 0};
    case Wish::Action::kNodes:
      return {nodes(view), {}, 0};
    case Wish::Action::kReenable:
      control.reenable_rings();
      return {"Re-enabling all failed rings.\n", {}, 0};
    case Wish::Action::kReload:
      return reload(control);
    case Wish::Action::kReopenLogs:
      return {};
    case Wish::Action::kKill:
      return kill(wish.node, control);
    case Wish::Action::kAddress:
      return addresses_of(view, wish.node);
    case Wish::Action::kShutdown:
      return shut_down(wish.force, control);
  }
  return {std::string(kUsage), {}, 0};
}

}  // namespace

ToolResult corosync_cfgtool(const std::vector<std::string>& words, const Profile& profile, const StackView* view,
                            StackControl* control) {
  const ToolArgs args =
      parse_tool_args(words, profile.processor_is_address ? "i:bsrRLk:a:hH" : "i:snbrRLk:a:hH", {{"--force", 'f'}});
  if (!args.complaint.empty()) return failure(args.complaint);
  Wish wish;
  for (const ToolArgs::Option& option : args.options) {
    if (option.letter == 'h') return {std::string(kUsage), {}, 0};
    if (!take(option, profile, wish)) return failure("The nodeid was not valid, try a positive number\n");
  }
  if (wish.action == Wish::Action::kHelp) return {std::string(kUsage), {}, 0};
  if (view == nullptr) return not_running(wish, profile);
  return carry_out(wish, *view, *control);
}

}  // namespace simcluster::membership
