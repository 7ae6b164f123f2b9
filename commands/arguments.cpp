#include "commands/arguments.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::commands {

namespace {

using Value = OptionSpec::Value;

class Parser {
 public:
  Parser(std::span<const OptionSpec> specs, const std::vector<std::string>& arguments, OptionStyle style)
      : specs_(specs), arguments_(arguments), style_(style) {}

  ParsedArguments run() {
    for (; at_ < arguments_.size() && parsed_.error.empty(); ++at_) {
      const std::string_view word = arguments_[at_];
      if (word == "--") {
        parsed_.rest.insert(parsed_.rest.end(), arguments_.begin() + static_cast<std::ptrdiff_t>(at_) + 1,
                            arguments_.end());
        break;
      }
      if (word.starts_with("--")) {
        long_option(word.substr(2));
      } else if (word.size() > 1 && word.starts_with('-')) {
        short_options(word.substr(1));
      } else {
        parsed_.rest.emplace_back(word);
      }
    }
    return std::move(parsed_);
  }

 private:
  const OptionSpec* find(std::string_view name) const {
    const OptionSpec* beginning = nullptr;
    int fitting = 0;
    for (const OptionSpec& spec : specs_) {
      if (spec.name == name) return &spec;
      if (!spec.name.starts_with(name)) continue;
      beginning = &spec;
      ++fitting;
    }
    return style_ == OptionStyle::kGetopt && fitting == 1 ? beginning : nullptr;
  }

  void long_option(std::string_view text) {
    const auto equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const OptionSpec* spec = find(name);
    if (spec == nullptr) {
      parsed_.error = style_ == OptionStyle::kGetopt ? fmt::format("unrecognized option '--{}'", text)
                                                     : fmt::format("Unknown option --{}", text);
      return;
    }
    if (equals != std::string_view::npos) {
      parsed_.options.push_back({spec, std::string(text.substr(equals + 1))});
    } else {
      take_value(*spec, fmt::format("--{}", name), fmt::format("'--{}'", spec->name));
    }
  }

  void short_options(std::string_view letters) {
    for (std::size_t i = 0; i < letters.size() && parsed_.error.empty(); ++i) {
      const char letter = letters[i];
      const auto spec =
          std::find_if(specs_.begin(), specs_.end(), [&](const OptionSpec& s) { return s.letter == letter; });
      if (spec == specs_.end() || letter == 0) {
        parsed_.error = style_ == OptionStyle::kGetopt ? fmt::format("invalid option -- '{}'", letter)
                                                       : fmt::format("Unknown option -{}", letter);
        return;
      }
      if (spec->value != Value::kNone && i + 1 < letters.size()) {
        parsed_.options.push_back({&*spec, std::string(letters.substr(i + 1))});
        return;
      }
      take_value(*spec, fmt::format("-{}", letter), fmt::format("-- '{}'", letter));
    }
  }

  void take_value(const OptionSpec& spec, const std::string& glib_name, const std::string& getopt_name) {
    if (spec.value != Value::kRequired) {
      parsed_.options.push_back({&spec, {}});
    } else if (at_ + 1 < arguments_.size()) {
      parsed_.options.push_back({&spec, arguments_[++at_]});
    } else {
      const std::string_view words = spec.letter != 0 && getopt_name.starts_with("--")
                                         ? "option requires an argument {}"
                                         : "option {} requires an argument";
      parsed_.error = style_ == OptionStyle::kGlib ? fmt::format("Missing argument for {}", glib_name)
                                                   : fmt::format(fmt::runtime(words), getopt_name);
    }
  }

  std::span<const OptionSpec> specs_;
  const std::vector<std::string>& arguments_;
  OptionStyle style_;
  std::size_t at_ = 0;
  ParsedArguments parsed_;
};

}  // namespace

bool ParsedArguments::has(std::string_view name) const { return count(name) > 0; }

int ParsedArguments::count(std::string_view name) const {
  return static_cast<int>(std::count_if(options.begin(), options.end(), [&](const auto& o) { return o.is(name); }));
}

std::optional<std::string> ParsedArguments::value(std::string_view name) const {
  const auto last = std::find_if(options.rbegin(), options.rend(), [&](const auto& o) { return o.is(name); });
  if (last == options.rend()) return std::nullopt;
  return last->value;
}

ParsedArguments parse_arguments(std::span<const OptionSpec> specs, const std::vector<std::string>& arguments,
                                OptionStyle style) {
  return Parser(specs, arguments, style).run();
}

}  // namespace simcluster::commands
