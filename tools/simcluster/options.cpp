#include "tools/simcluster/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <deque>

#include <fmt/core.h>

#include "sim/scenario/values.h"

namespace simcluster::tools {

namespace po = boost::program_options;

namespace {

constexpr std::size_t kColumns = 80;

// Breaks a text into lines of at most `width` columns.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace

struct OptionTable::Impl {
  struct Row {
    std::string name;        // "seed" or "seed,s"
    std::string value_name;  // empty: a flag
    std::string help;
    std::function<Result<void>(const po::variable_value&)> set;
  };
  std::string usage;
  std::string description;
  std::string epilogue;
  std::deque<Row> rows;
  std::string rest_name;
  bool rest_required = false;
  std::vector<std::string>* rest = nullptr;
  bool help_asked = false;

  static std::string long_name(const Row& row) { return row.name.substr(0, row.name.find(',')); }
  static std::string shown(const Row& row) {
    const auto comma = row.name.find(',');
    std::string text = comma == std::string::npos ? "    " : fmt::format("-{}, ", row.name.substr(comma + 1));
    text += "--" + long_name(row);
    if (!row.value_name.empty()) text += " " + row.value_name;
    return text;
  }

  Result<void> parse_all(const std::vector<std::string>& arguments);
};

OptionTable::OptionTable(std::string_view usage, std::string_view description) : impl_(std::make_unique<Impl>()) {
  impl_->usage = usage;
  impl_->description = description;
}

OptionTable::~OptionTable() = default;

void OptionTable::flag(const char* name, const char* help, bool& value) {
  impl_->rows.push_back({name, {}, help, [&value](const po::variable_value&) -> Result<void> {
                           value = true;
                           return {};
                         }});
}

void OptionTable::count(const char* name, const char* help, int& value) {
  impl_->rows.push_back({name, {}, help, [&value](const po::variable_value&) -> Result<void> {
                           ++value;
                           return {};
                         }});
}

void OptionTable::text(const char* name, const char* value_name, const char* help, std::string& value) {
  impl_->rows.push_back({name, value_name, help, [&value](const po::variable_value& given) -> Result<void> {
                           value = given.as<std::string>();
                           return {};
                         }});
}

void OptionTable::texts(const char* name, const char* value_name, const char* help, std::vector<std::string>& value) {
  impl_->rows.push_back({name, value_name, help, [&value](const po::variable_value& given) -> Result<void> {
                           value.push_back(given.as<std::string>());
                           return {};
                         }});
}

void OptionTable::number(const char* name, const char* value_name, const char* help,
                         std::optional<std::uint64_t>& value) {
  impl_->rows.push_back({name, value_name, help, [&value, name](const po::variable_value& given) -> Result<void> {
                           const auto& text = given.as<std::string>();
                           const auto read = sim::parse_integer(text);
                           if (!read || *read < 0)
                             return fail(fmt::format("--{} takes a whole number, not \"{}\"", name, text));
                           value = static_cast<std::uint64_t>(*read);
                           return {};
                         }});
}

void OptionTable::duration(const char* name, const char* value_name, const char* help, std::optional<Duration>& value) {
  impl_->rows.push_back({name, value_name, help, [&value, name](const po::variable_value& given) -> Result<void> {
                           const auto& text = given.as<std::string>();
                           const auto read = sim::parse_duration(text);
                           if (!read || read->ns == 0)
                             return fail(fmt::format("--{} takes a time such as 90s or 1h30m, not \"{}\"", name, text));
                           value = *read;
                           return {};
                         }});
}

void OptionTable::rest(const char* value_name, bool required, std::vector<std::string>& value) {
  impl_->rest_name = value_name;
  impl_->rest_required = required;
  impl_->rest = &value;
}

void OptionTable::epilogue(std::string_view text) { impl_->epilogue = text; }

Result<void> OptionTable::Impl::parse_all(const std::vector<std::string>& arguments) {
  po::options_description described;
  for (const Row& row : rows) {
    if (row.value_name.empty())
      described.add_options()(row.name.c_str(), "");
    else
      described.add_options()(row.name.c_str(), po::value<std::string>(), "");
  }
  described.add_options()("help,h", "");
  const auto parsed = po::command_line_parser(arguments)
                          .options(described)
                          .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                          .run();
  for (const auto& option : parsed.options) {
    if (option.position_key >= 0 || option.string_key.empty()) {
      if (rest == nullptr) return fail(fmt::format("\"{}\" is not understood here", option.value.front()));
      for (const auto& value : option.value) rest->push_back(value);
      continue;
    }
    if (option.string_key == "help") help_asked = true;
    for (const Row& row : rows) {
      if (long_name(row) != option.string_key) continue;
      const po::variable_value value(option.value.empty() ? std::string() : option.value.back(), false);
      if (auto set = row.set(value); !set) return set;
    }
  }
  return {};
}

Result<bool> OptionTable::parse(const std::vector<std::string>& arguments) {
  try {
    if (auto parsed = impl_->parse_all(arguments); !parsed) return tl::unexpected(parsed.error());
  } catch (const po::unknown_option& error) {
    std::string wanted = error.get_option_name();
    wanted.erase(0, wanted.find_first_not_of('-'));
    const auto names = option_names();
    std::vector<std::string_view> views;
    for (const auto& name : names) views.push_back(std::string_view(name).substr(2));
    const auto near = sim::nearest_name(wanted, views);
    return fail(fmt::format("there is no option {}{}", error.get_option_name(),
                            near.empty() ? "" : fmt::format("; did you mean --{}?", near)));
  } catch (const po::error& error) {
    return fail(error.what());
  }
  if (impl_->help_asked) {
    std::fputs(help().c_str(), stdout);
    return false;
  }
  if (impl_->rest_required && impl_->rest->empty()) return fail(fmt::format("{} is missing", impl_->rest_name));
  return true;
}

std::string OptionTable::help() const {
  std::string text = fmt::format("Usage: simcluster {}\n\n", impl_->usage);
  std::string_view description = impl_->description;
  while (!description.empty()) {
    const auto end = description.find('\n');
    for (const auto& line : wrapped(description.substr(0, end), kColumns)) text += line + "\n";
    if (description.substr(0, end).empty()) text += "\n";
    description.remove_prefix(end == std::string_view::npos ? description.size() : end + 1);
  }
  text += "\nOptions:\n";
  std::deque<Impl::Row> rows = impl_->rows;
  rows.push_back({"help,h", {}, "this text", {}});
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, Impl::shown(row).size());
  for (const auto& row : rows) {
    std::string head = Impl::shown(row);
    head.resize(width, ' ');
    for (const auto& line : wrapped(row.help, kColumns - width - 4)) {
      text += fmt::format("  {}  {}\n", head, line);
      head.assign(width, ' ');
    }
  }
  if (!impl_->epilogue.empty()) text += "\n" + impl_->epilogue;
  return text;
}

std::vector<std::string> OptionTable::option_names() const {
  std::vector<std::string> names;
  for (const auto& row : impl_->rows) names.push_back("--" + Impl::long_name(row));
  names.emplace_back("--help");
  return names;
}

int usage_error(std::string_view command, const Error& error) {
  std::fputs(fmt::format("simcluster {}: {}\nTry \"simcluster {} --help\".\n", command, error.message, command).c_str(),
             stderr);
  return 2;
}

int input_error(const Error& error) {
  std::fputs(fmt::format("simcluster: {}\n", error.text()).c_str(), stderr);
  return 2;
}

}  // namespace simcluster::tools
