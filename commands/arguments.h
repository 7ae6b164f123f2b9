// Command lines as the cluster's tools read them: by getopt_long, or by GLib's option parser.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::commands {

struct OptionSpec {
  enum class Value : unsigned char { kNone, kRequired, kOptional };
  char letter;  // 0: none
  std::string_view name;
  Value value = Value::kNone;
};

// getopt_long knows the beginning of a long option where only one fits; GLib does not.
enum class OptionStyle : unsigned char { kGetopt, kGlib };

struct GivenOption {
  const OptionSpec* spec;
  std::string value;
  bool is(std::string_view name) const { return spec->name == name; }
};

struct ParsedArguments {
  std::vector<GivenOption> options;  // in order
  std::vector<std::string> rest;
  std::string error;  // without the name of the tool; empty when all is well

  bool has(std::string_view name) const;
  // How often it was given.
  int count(std::string_view name) const;
  // The last one's value.
  std::optional<std::string> value(std::string_view name) const;
};

// Stops at the first mistake. `specs` must outlive the result.
ParsedArguments parse_arguments(std::span<const OptionSpec> specs, const std::vector<std::string>& arguments,
                                OptionStyle style);

}  // namespace simcluster::commands
