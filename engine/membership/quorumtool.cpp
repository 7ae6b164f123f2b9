#include "engine/membership/quorumtool.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "engine/membership/tool_args.h"

namespace simcluster::membership {

namespace {

constexpr std::string_view kUsage = R"(usage: 
corosync-quorumtool <options>

  options:

  -s             show quorum status
  -m             constantly monitor quorum status
  -l             list nodes
  -a             show all names or addresses for each node
  -p             when used with -s or -l, generates machine parsable output
  -v <votes>     change the number of votes for a node (*)
  -n <nodeid>    optional nodeid of node for -v
  -e <expected>  change expected votes for the cluster (*)
  -H             show nodeids in hexadecimal rather than decimal
  -i             show node IP addresses instead of the resolved name
  -o <a|n|i>     order by [a] IP address (default), [n] name, [i] nodeid
  -f             forcefully unregister a quorum device *DANGEROUS* (*)
  -h             show this help text
  -V             show version and exit

  (*) Starred items only work if votequorum is the quorum provider for corosync

)";

struct Wish {
  enum class Action : std::uint8_t { kStatus, kList, kVotes, kExpected, kUnregister } action = Action::kStatus;
  bool hex = false;
  bool addresses = false;
  bool all_interfaces = false;
  bool parsable = false;
  char order = 'a';
  std::uint32_t number = 0;
  std::optional<std::uint32_t> node;
};

ToolResult failure(std::string error, std::string output = {}) { return {std::move(output), std::move(error), 1}; }

std::optional<std::uint32_t> positive(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

// The option in `wish`, or what the tool says about it.
std::optional<ToolResult> take(const ToolArgs::Option& option, const Profile& profile, Wish& wish) {
  using Action = Wish::Action;
  const auto number = [&](Action action) -> std::optional<ToolResult> {
    const auto value = positive(option.value);
    if (!value)
      return failure(option.letter == 'n'   ? "The nodeid was not valid, try a positive number\n"
                     : option.letter == 'e' ? "New expected votes value was not valid, try a positive number\n"
                                            : "New votes value was not valid, try a positive number\n");
    if (option.letter == 'n') {
      wish.node = value;
    } else {
      wish.action = action;
      wish.number = *value;
    }
    return std::nullopt;
  };
  switch (option.letter) {
    case 's':
      wish.action = Action::kStatus;
      break;
    case 'l':
      wish.action = Action::kList;
      break;
    case 'f':
      wish.action = Action::kUnregister;
      break;
    case 'H':
      wish.hex = true;
      break;
    case 'i':
      wish.addresses = true;
      break;
    case 'a':
      wish.all_interfaces = true;
      break;
    case 'p':
      wish.parsable = true;
      break;
    case 'v':
      return number(Action::kVotes);
    case 'e':
      return number(Action::kExpected);
    case 'n':
      return number(Action::kStatus);
    case 'o':
      if (option.value != "a" && option.value != "n" && option.value != "i")
        return failure("Invalid ordering option. valid orders are a(address), i(node ID) or n(name)\n");
      wish.order = option.value[0];
      break;
    case 'V':
      return ToolResult{fmt::format("corosync-quorumtool version: {}\n", profile.versions.corosync), {}, 0};
    case 'h':
      return ToolResult{std::string(kUsage), {}, 0};
    default:
      break;
  }
  return std::nullopt;
}

// --- texts -----------------------------------------------------------------------------------------------------------

class Screen {
 public:
  Screen(const StackView& view, const Wish& wish) : view_(view), wish_(wish), votes_(*view.votequorum) {}

  std::string status() {
    using fmt::format_to;
    auto to = std::back_inserter(text_);
    format_to(to, "Quorum information\n------------------\nDate:             {}\n", ctime_text(view_.now));
    format_to(to, "Quorum provider:  {}\n", view_.conf.quorum.provider);
    format_to(to, "Nodes:            {}\nNode ID:          {}\nRing ID:          {}\nQuorate:          {}\n\n",
              view_.members.size(),
              wish_.hex ? fmt::format("{:#010x}", view_.own.value) : std::to_string(view_.own.value), ring_text(),
              view_.quorate ? "Yes" : "No");
    format_to(to, "Votequorum information\n----------------------\n");
    format_to(to, "Expected votes:   {}\nHighest expected: {}\nTotal votes:      {}\n", votes_.expected_votes(),
              votes_.highest_expected(), votes_.total_votes());
    format_to(to, "Quorum:           {} {}\nFlags:            {}\n", votes_.quorum(),
              view_.quorate ? " " : "Activity blocked", flags());
    return list();
  }

  std::string list() {
    auto to = std::back_inserter(text_);
    const bool device = wish_.parsable || registered();
    fmt::format_to(to, "\nMembership information\n----------------------\n    Nodeid      Votes {}Name\n",
                   device ? "   Qdevice " : "");
    for (const ClusterNodeId id : sorted_members()) {
      const Votequorum::Node* node = votes_.node(id);
      const std::string number = wish_.hex ? fmt::format("{:#010x}", id.value) : fmt::format("{:>10}", id.value);
      fmt::format_to(to, "{} {:>10} ", number, node == nullptr ? 0 : node->votes);
      if (device) fmt::format_to(to, "{:>10} ", device_state(node));
      fmt::format_to(to, "{}{}\n", name(id), id == view_.own ? " (local)" : "");
    }
    if (registered()) device_row();
    return std::move(text_);
  }

 private:
  // TO-2.
  std::string ring_text() const {
    const RingId& ring = view_.ring;
    const bool address = view_.profile.processor_is_address;
    if (!address && !view_.profile.ring_id_in_decimal)
      return fmt::format("{}.{:x}", ring.representative.value, ring.sequence);
    if (address && !view_.profile.quorumtool_names_representative) return std::to_string(ring.sequence);
    return fmt::format("{}/{}", ring.representative.value, ring.sequence);
  }

  std::string flags() const {
    const VoteSettings& settings = votes_.settings();
    std::string text;
    if (settings.two_node) text += "2Node ";
    if (view_.quorate) text += "Quorate ";
    if (settings.wait_for_all) text += "WaitForAll ";
    if (settings.last_man_standing) text += "LastManStanding ";
    if (settings.tie_breaker != VoteSettings::TieBreaker::kNone) text += "AutoTieBreaker ";
    if (settings.allow_downscale) text += "AllowDownscale ";
    if (registered()) text += "Qdevice ";
    return text;
  }

  bool registered() const {
    const Votequorum::Node* own = votes_.node(view_.own);
    return own != nullptr && (own->flags & Votequorum::kDeviceRegistered) != 0;
  }

  std::vector<ClusterNodeId> sorted_members() const {
    std::vector<ClusterNodeId> ids(view_.members.begin(), view_.members.end());
    if (wish_.order == 'i') std::sort(ids.begin(), ids.end());
    if (wish_.order == 'n')
      std::stable_sort(ids.begin(), ids.end(), [&](ClusterNodeId a, ClusterNodeId b) { return name(a) < name(b); });
    return ids;
  }

  // Names of the nodelist from Corosync 3 on, else addresses. A node that is in no nodelist has neither.
  std::string name(ClusterNodeId id) const {
    std::vector<std::string> names;
    const auto named = view_.plan.names.find(id.value);
    const bool by_name = !wish_.addresses && !view_.profile.processor_is_address && named != view_.plan.names.end() &&
                         !named->second.empty();
    for (const IpAddress& address : addresses(id))
      names.push_back(!by_name ? address.text() : names.empty() ? named->second : std::string());
    if (names.empty()) return {};
    if (!wish_.all_interfaces) return names.front();
    return fmt::format("{}", fmt::join(names, ", "));
  }

  std::vector<IpAddress> addresses(ClusterNodeId id) const { return node_addresses(view_, id); }

  static std::string device_state(const Votequorum::Node* node) {
    if (node == nullptr || (node->flags & Votequorum::kDeviceRegistered) == 0) return "NR";
    return fmt::format("{},{},{}", (node->flags & Votequorum::kDeviceAlive) != 0 ? "A" : "NA",
                       (node->flags & Votequorum::kDeviceCastVote) != 0 ? "V" : "NV",
                       (node->flags & Votequorum::kDeviceMasterWins) != 0 ? "MW" : "NMW");
  }

  // TO-3.
  void device_row() {
    const Votequorum::Node* own = votes_.node(view_.own);
    const bool casts = own != nullptr && (own->flags & Votequorum::kDeviceCastVote) != 0;
    const std::uint32_t votes = votes_.device_votes();
    fmt::format_to(std::back_inserter(text_), "{} {:>10}            {}{}\n",
                   wish_.hex ? fmt::format("{:#010x}", 0) : fmt::format("{:>10}", 0), casts ? votes : 0,
                   votes_.device_name(), casts ? "" : fmt::format(" (votes {})", votes));
  }

  const StackView& view_;
  const Wish& wish_;
  const Votequorum& votes_;
  std::string text_;
};

ToolResult without_votequorum(const Wish& wish) {
  switch (wish.action) {
    case Wish::Action::kStatus:
      return failure("Unable to start votequorum status tracking: CS_ERR_BAD_HANDLE\n");
    case Wish::Action::kList:
      return {"\nMembership information\n----------------------\n    Nodeid Name\n", {}, 0};
    case Wish::Action::kVotes:
      return failure("You cannot change node votes, corosync is not using votequorum\n");
    case Wish::Action::kExpected:
      return failure("You cannot change expected votes, corosync is not using votequorum\n");
    case Wish::Action::kUnregister:
      return failure("You cannot unregister quorum device, corosync is not using votequorum\n");
  }
  return {};
}

ToolResult set_votes(const Wish& wish, const StackView& view, StackControl& control) {
  const ClusterNodeId node = wish.node ? ClusterNodeId(*wish.node) : view.own;
  const CsError error = control.set_votes(node, wish.number);
  if (error == CsError::kOk) return {};
  return failure(
      fmt::format("Unable to set votes {} for nodeid: {}: {}\n", wish.number, node.value, cs_error_name(error)));
}

ToolResult set_expected(const Wish& wish, StackControl& control) {
  const CsError error = control.set_expected_votes(wish.number);
  if (error == CsError::kOk) return {};
  return failure(fmt::format("Unable to set expected votes: {}\n", cs_error_name(error)));
}

ToolResult unregister(StackControl& control) {
  const CsError error = control.unregister_device();
  if (error == CsError::kOk) return {};
  return failure(fmt::format("Unable to unregister quorum device: {}\n", cs_error_name(error)));
}

// TO-5.
int status_of(const StackView& view) {
  if (view.profile.quorumtool_status_inverted) return view.quorate ? 1 : 0;
  return view.quorate ? 0 : 2;
}

}  // namespace

ToolResult corosync_quorumtool(const std::vector<std::string>& words, const Profile& profile, const StackView* view,
                               StackControl* control) {
  const ToolArgs args = parse_tool_args(words, "VHaslpmfe:v:hin:o:");
  Wish wish;
  for (const ToolArgs::Option& option : args.options)
    if (auto result = take(option, profile, wish)) return *result;
  if (!args.complaint.empty()) return failure(args.complaint, std::string(kUsage));
  if (view == nullptr) return failure("Cannot initialize CMAP service\n");
  if (view->votequorum == nullptr) return without_votequorum(wish);
  switch (wish.action) {
    case Wish::Action::kStatus:
      return {Screen(*view, wish).status(), {}, status_of(*view)};
    case Wish::Action::kList:
      return {Screen(*view, wish).list(), {}, 0};
    case Wish::Action::kVotes:
      return set_votes(wish, *view, *control);
    case Wish::Action::kExpected:
      return set_expected(wish, *control);
    case Wish::Action::kUnregister:
      return unregister(*control);
  }
  return {};
}

}  // namespace simcluster::membership
