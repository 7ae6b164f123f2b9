// Texts of a scenario's values: durations, dates, shares, names that are nearly right.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "sim/faults/fields.h"

namespace simcluster::sim {

// "10s", "1h30m", "1.5s", "100us", "0"; units w d h m s ms us ns. None: not a duration, or out of range.
std::optional<Duration> parse_duration(std::string_view text);
// "2013-12-26 20:00:00", "2013-12-26T20:00:00" or "2013-12-26", UTC.
std::optional<Time> parse_instant(std::string_view text);
// "1%", "0.01%" as parts per million.
std::optional<std::uint32_t> parse_share(std::string_view text);
std::optional<AddressPrefix> parse_prefix(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);

// The name that `word` was probably meant to be: few letters differ. Empty: none is near.
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names);
// "; did you mean \"x\"?", or an empty text.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

}  // namespace simcluster::sim
