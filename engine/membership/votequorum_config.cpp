// From quorum{} and nodelist{} to checked settings (VQ-1 to VQ-7).
#include <algorithm>
#include <charconv>

#include "engine/membership/votequorum.h"

namespace simcluster::membership {

namespace {

struct NodelistVotes {
  std::uint32_t sum = 0;
  bool all_one = true;
};

NodelistVotes nodelist_votes(const CorosyncConf& conf) {
  NodelistVotes votes;
  for (const NodeConf& node : conf.nodes) {
    votes.sum += node.votes;
    votes.all_one = votes.all_one && node.votes == 1;
  }
  return votes;
}

// VQ-6.
bool read_tie_breaker(const QuorumConf& quorum, VoteSettings& settings) {
  const std::string& text = quorum.auto_tie_breaker_node;
  if (text.empty() || text == "lowest") {
    settings.tie_breaker = VoteSettings::TieBreaker::kLowest;
    return true;
  }
  if (text == "highest") {
    settings.tie_breaker = VoteSettings::TieBreaker::kHighest;
    return true;
  }
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), id);
    if (error != std::errc()) return false;
    at = static_cast<std::size_t>(end - text.data());
    if (at < text.size() && text[at] != ' ') return false;
    settings.tie_breaker_list.push_back(ClusterNodeId(id));
  }
  settings.tie_breaker = VoteSettings::TieBreaker::kList;
  return !settings.tie_breaker_list.empty();
}

// VQ-3 #3 to #5. An error text, or nothing.
std::string check_tie_breaker(const QuorumConf& quorum, const NodelistVotes& nodelist, VoteSettings& settings) {
  using TieBreaker = VoteSettings::TieBreaker;
  if (settings.tie_breaker == TieBreaker::kNone) return {};
  if (settings.two_node) {
    settings.complaints.emplace_back("two_node and auto_tie_breaker are both specified but are not compatible.");
    settings.complaints.emplace_back("two_node has been disabled, please fix your corosync.conf");
    settings.two_node = false;
    if (!quorum.wait_for_all) settings.wait_for_all = false;
  }
  if (nodelist.sum % 2 == 0 || settings.wait_for_all) return {};
  if (settings.last_man_standing)
    return "configuration error: auto_tie_breaker & last_man_standing not available in odd sized cluster";
  settings.complaints.emplace_back("auto_tie_breaker is set and the cluster has an odd number of nodes.");
  settings.complaints.emplace_back("wait_for_all needs to be set for this configuration but it is missing");
  settings.complaints.emplace_back("Therefore auto_tie_breaker has been disabled. Please fix your corosync.conf");
  settings.tie_breaker = TieBreaker::kNone;
  return {};
}

// VQ-3 #6 to #11.
std::string check_device(const CorosyncConf& conf, const NodelistVotes& nodelist, const VoteSettings& settings,
                         const Profile& profile) {
  const QuorumConf& quorum = conf.quorum;
  const std::string prefix = "configuration error: quorum.device is not compatible with ";
  if (settings.last_man_standing) return prefix + "last_man_standing";
  if (settings.tie_breaker != VoteSettings::TieBreaker::kNone) return prefix + "auto_tie_breaker";
  if (profile.device_excludes_wait_for_all && settings.wait_for_all) return prefix + "wait_for_all";
  if (settings.allow_downscale) return prefix + "allow_downscale";
  if (quorum.expected_votes && !quorum.device_votes)
    return "configuration error: quorum.device.votes must be specified when quorum.expected_votes is set";
  if (!conf.nodes.empty() && !quorum.device_votes && !nodelist.all_one)
    return "configuration error: quorum.device.votes must be specified when not all nodes votes 1";
  if (quorum.device_votes.value_or(0) > 0 && quorum.expected_votes && *quorum.expected_votes < *quorum.device_votes + 2)
    return "configuration error: quorum.device.votes is too high or expected_votes is too low";
  return {};
}

}  // namespace

Result<VoteSettings> vote_settings(const CorosyncConf& conf, std::optional<std::uint32_t> local_votes,
                                   const Profile& profile) {
  const QuorumConf& quorum = conf.quorum;
  VoteSettings settings;
  const NodelistVotes nodelist = nodelist_votes(conf);
  if (!local_votes && !quorum.expected_votes)
    return fail("configuration error: nodelist or quorum.expected_votes must be configured!");
  settings.votes = local_votes ? *local_votes : quorum.votes.value_or(1);
  settings.expected_votes = quorum.expected_votes ? *quorum.expected_votes : nodelist.sum;
  settings.nodelist_votes = nodelist.sum;
  settings.two_node = quorum.two_node.value_or(false);
  settings.wait_for_all = quorum.wait_for_all.value_or(settings.two_node);  // VQ-5
  settings.last_man_standing = quorum.last_man_standing;
  settings.last_man_standing_window = quorum.last_man_standing_window;
  settings.allow_downscale = quorum.allow_downscale;
  settings.expected_votes_tracking = quorum.expected_votes_tracking || quorum.allow_downscale;  // VQ-7
  settings.device = quorum.device;
  settings.device_timeout = quorum.device_timeout;
  settings.device_sync_timeout = quorum.device_sync_timeout;
  settings.device_master_wins = quorum.device_master_wins;
  if (settings.two_node && quorum.device)
    return fail("configuration error: two_node and quorum device cannot be configured at the same time!");
  if (quorum.auto_tie_breaker && !read_tie_breaker(quorum, settings)) {
    settings.tie_breaker = VoteSettings::TieBreaker::kNone;
    settings.complaints.emplace_back(
        "auto_tie_breaker_nodes is not valid. It must be 'lowest', 'highest' or a space-separated list of node IDs. "
        "auto_tie_breaker is disabled");
  } else if (!quorum.auto_tie_breaker && !quorum.auto_tie_breaker_node.empty()) {
    settings.complaints.emplace_back("auto_tie_breaker_node: is meaningless if auto_tie_breaker is set to 0");
  }
  if (std::string error = check_tie_breaker(quorum, nodelist, settings); !error.empty()) return fail(std::move(error));
  if (!quorum.device) return settings;
  if (std::string error = check_device(conf, nodelist, settings, profile); !error.empty())
    return fail(std::move(error));
  if (quorum.device_votes) {
    // Not added to the expected votes: those rise when they are seen (VQ-11).
    settings.device_votes = *quorum.device_votes;
  } else if (nodelist.sum > 0) {
    settings.device_votes = nodelist.sum - 1;  // VQ-4
    settings.expected_votes = nodelist.sum + settings.device_votes;
  }
  return settings;
}

// VQ-3: what was fixed at the start stays, wrong combinations lose the device or two_node.
RuntimeVotes votes_at_runtime(const CorosyncConf& conf, std::optional<std::uint32_t> local_votes,
                              const VoteSettings& present, bool device_registered, const Profile& profile) {
  const QuorumConf& quorum = conf.quorum;
  const NodelistVotes nodelist = nodelist_votes(conf);
  RuntimeVotes votes;
  votes.two_node = quorum.two_node.value_or(false);
  votes.device_votes = present.device_votes;
  if (!local_votes && !quorum.expected_votes) {
    votes.usable = false;
    votes.complaints.emplace_back("configuration error: nodelist or quorum.expected_votes must be configured!");
  }
  votes.votes = local_votes ? *local_votes : quorum.votes.value_or(1);
  votes.expected_votes = quorum.expected_votes ? *quorum.expected_votes : nodelist.sum;
  if (votes.two_node && quorum.device) {
    votes.complaints.emplace_back(
        "configuration error: two_node and quorum device cannot be configured at the same time!");
    votes.complaints.emplace_back(device_registered ? "quorum device is registered, disabling two_node"
                                                    : "quorum device is not registered, allowing two_node");
    if (device_registered) votes.two_node = false;
    votes.device_refused = !device_registered;
  }
  if (votes.two_node && present.tie_breaker != VoteSettings::TieBreaker::kNone) {
    votes.complaints.emplace_back("two_node and auto_tie_breaker are both specified but are not compatible.");
    votes.complaints.emplace_back("two_node has been disabled, please fix your corosync.conf");
    votes.two_node = false;
  }
  votes.wait_for_all = quorum.wait_for_all ? present.wait_for_all : votes.two_node;  // VQ-5
  if (!quorum.device) return votes;
  if (std::string error = check_device(conf, nodelist, present, profile); !error.empty()) {
    votes.complaints.push_back(std::move(error));
    votes.complaints.emplace_back("disabling quorum device operations");
    votes.device_refused = true;
  } else if (quorum.device_votes) {
    votes.device_votes = *quorum.device_votes;
  } else if (nodelist.sum > 0) {
    votes.device_votes = nodelist.sum - 1;
    votes.expected_votes = nodelist.sum + votes.device_votes;
  }
  return votes;
}

}  // namespace simcluster::membership
