// Effective timers and constants (M 2.2) and their minimum rules (T-32, M 14.6 (d)).
#include <fmt/core.h>

#include "engine/membership/corosync_conf.h"

namespace simcluster::membership {

namespace {

constexpr std::uint32_t kMinimum = 30;         // K-16
constexpr std::uint32_t kMinimumHoldNew = 14;  // K-17, Corosync 3
constexpr std::uint32_t kTokenCoefficient = 650;

class Numbers {
 public:
  explicit Numbers(const CorosyncConf& conf) : values_(conf.totem.numbers) {}
  bool given(std::string_view key) const { return value(key) != 0; }
  // 0 or absent: the default.
  std::uint32_t get(std::string_view key, std::uint32_t by_default) const {
    return given(key) ? value(key) : by_default;
  }
  // 0 is a value of its own.
  std::uint32_t get_or_zero(std::string_view key, std::uint32_t by_default) const {
    const auto at = values_.find(key);
    return at == values_.end() ? by_default : at->second;
  }

 private:
  std::uint32_t value(std::string_view key) const { return get_or_zero(key, 0); }
  const std::map<std::string, std::uint32_t, std::less<>>& values_;
};

// T-2a.
std::uint32_t effective_token(const CorosyncConf& conf, const Numbers& numbers, const Profile& profile) {
  const std::uint32_t token = numbers.get("token", profile.totem_token_3000 ? 3000 : 1000);
  if (!profile.token_coefficient) return token;
  const std::uint32_t coefficient = numbers.get_or_zero("token_coefficient", kTokenCoefficient);
  std::size_t nodes = 0;
  for (const NodeConf& node : conf.nodes) nodes += node.addresses[0].empty() ? 0 : 1;
  return nodes > 2 ? token + static_cast<std::uint32_t>(nodes - 2) * coefficient : token;
}

std::string below(std::string_view what, std::uint32_t value, std::uint32_t minimum) {
  if (value >= minimum) return {};
  return fmt::format("The {} parameter ({} ms) may not be less than ({} ms).", what, value, minimum);
}

std::string first_error(const TotemTimers& t, const Numbers& numbers, const Profile& profile) {
  if (auto e = below("max_network_delay", t.max_network_delay, kMinimum); !e.empty()) return e;
  if (auto e = below("token timeout", t.token, kMinimum); !e.empty()) return e;
  if (t.token_warning > 100)
    return fmt::format("The token warning parameter ({}%) must be between 0 (disabled) and 100.", t.token_warning);
  if (auto e = below("token retransmit timeout", t.token_retransmit, kMinimum); !e.empty())
    return numbers.given("token_retransmit") ? e
                                             : "Not appropriate token or token_retransmits_before_loss_const value set";
  const std::uint32_t minimum_hold = profile.processor_is_address ? kMinimum : kMinimumHoldNew;
  if (auto e = below("token hold timeout", t.hold, minimum_hold); !e.empty()) return e;
  if (auto e = below("join timeout", t.join, kMinimum); !e.empty()) return e;
  if (auto e = below("consensus timeout", t.consensus, kMinimum); !e.empty()) return e;
  if (t.consensus < t.join)
    return fmt::format("The consensus timeout parameter ({} ms) may not be less than join timeout ({} ms).",
                       t.consensus, t.join);
  if (auto e = below("merge timeout", t.merge, kMinimum); !e.empty()) return e;
  if (auto e = below("downcheck timeout", t.downcheck, kMinimum); !e.empty()) return e;
  if (!profile.processor_is_address) return {};
  if (auto e = below("RRP problem count timeout", t.rrp_problem_count_timeout, kMinimum); !e.empty()) return e;
  if (t.rrp_problem_count_threshold < 2)
    return fmt::format("The RRP problem count threshold ({} problem count) may not be less than (2 problem count).",
                       t.rrp_problem_count_threshold);
  if (t.rrp_problem_count_mcast_threshold < 2)
    return fmt::format(
        "The RRP multicast problem count threshold ({} problem count) may not be less than (2 problem count).",
        t.rrp_problem_count_mcast_threshold);
  return below("RRP token expired timeout", t.rrp_token_expired_timeout, kMinimum);
}

}  // namespace

Result<TotemTimers> totem_timers(const CorosyncConf& conf, const Profile& profile) {
  const Numbers numbers(conf);
  TotemTimers t;
  t.token = effective_token(conf, numbers, profile);
  t.token_warning = profile.token_warning ? numbers.get_or_zero("token_warning", 75) : 0;
  t.max_network_delay = numbers.get("max_network_delay", 50);
  t.window_size = numbers.get("window_size", 50);
  t.max_messages = numbers.get("max_messages", 17);
  t.miss_count_const = numbers.get("miss_count_const", 5);
  t.token_retransmits_before_loss_const = numbers.get("token_retransmits_before_loss_const", 4);
  // int(token / (n + 0.2)) and int(retransmit x 0.8 - 10) without floating point (T-8, T-9).
  const std::uint64_t fifths = 5ULL * t.token_retransmits_before_loss_const + 1;
  t.token_retransmit = numbers.get("token_retransmit", static_cast<std::uint32_t>(5ULL * t.token / fifths));
  const std::uint32_t hold_times_5 = t.token_retransmit * 4 > 50 ? t.token_retransmit * 4 - 50 : 0;
  t.hold = numbers.get("hold", hold_times_5 / 5);
  t.join = numbers.get("join", 50);
  t.consensus = numbers.get("consensus", static_cast<std::uint32_t>(6ULL * t.token / 5));
  t.merge = numbers.get("merge", 200);
  t.downcheck = numbers.get("downcheck", 1000);
  t.fail_recv_const = numbers.get("fail_recv_const", 2500);
  t.seqno_unchanged_const = numbers.get("seqno_unchanged_const", 30);
  t.send_join = numbers.get_or_zero("send_join", 0);
  t.heartbeat_failures_allowed = numbers.get_or_zero("heartbeat_failures_allowed", 0);
  t.rrp_problem_count_timeout = numbers.get("rrp_problem_count_timeout", 2000);
  t.rrp_problem_count_threshold = numbers.get("rrp_problem_count_threshold", 10);
  t.rrp_problem_count_mcast_threshold =
      numbers.get("rrp_problem_count_mcast_threshold", 10 * t.rrp_problem_count_threshold);
  t.rrp_token_expired_timeout = numbers.get("rrp_token_expired_timeout", t.token_retransmit);
  t.rrp_autorecovery_check_timeout = numbers.get("rrp_autorecovery_check_timeout", 1000);
  t.cancel_token_hold_on_retransmit = conf.totem.cancel_token_hold_on_retransmit && profile.cancel_token_hold_option &&
                                      !profile.no_cancel_token_hold_option;
  if (std::string error = first_error(t, numbers, profile); !error.empty())
    return fail(std::move(error), SourcePlace{conf.file_name, 0, 0});
  return t;
}

}  // namespace simcluster::membership
