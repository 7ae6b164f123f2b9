#include "engine/cib/line_editor.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/core.h>
#include <regex.h>

namespace simcluster::cib {

namespace {

constexpr std::size_t kGroups = 10;

class Expression {
 public:
  static Result<Expression> make(const std::string& text) {
    Expression made;
    made.compiled_ = std::shared_ptr<regex_t>(new regex_t, [](regex_t* compiled) {
      regfree(compiled);
      delete compiled;
    });
    if (regcomp(made.compiled_.get(), text.c_str(), 0) != 0) {
      // Nothing was compiled that could be freed.
      *made.compiled_ = regex_t{};
      return fail(fmt::format("\"{}\" is no regular expression", text));
    }
    return made;
  }
  bool find(const std::string& line, std::size_t from, std::array<regmatch_t, kGroups>& groups) const {
    return regexec(compiled_.get(), line.c_str() + from, groups.size(), groups.data(), from > 0 ? REG_NOTBOL : 0) == 0;
  }
  bool matches(const std::string& line) const {
    std::array<regmatch_t, kGroups> groups;
    return find(line, 0, groups);
  }

 private:
  std::shared_ptr<regex_t> compiled_;
};

struct Command {
  std::size_t line = 0;               // 0: any
  std::optional<Expression> where;    // none: any
  std::optional<Expression> replace;  // none: the line is deleted
  std::string by;
  bool all = false;

  bool concerns(const std::string& text, std::size_t number) const {
    return (line == 0 || line == number) && (!where || where->matches(text));
  }
};

// Up to the delimiter, which may stand in the text behind a backslash.
std::string take_until(std::string_view& script, char delimiter, bool& found) {
  std::string text;
  while (!script.empty() && script.front() != delimiter) {
    if (script.front() == '\\' && script.size() > 1) {
      if (script[1] != delimiter) text += '\\';
      script.remove_prefix(1);
    }
    text += script.front();
    script.remove_prefix(1);
  }
  found = !script.empty();
  if (found) script.remove_prefix(1);
  return text;
}

Result<Command> take_command(std::string_view& script) {
  const std::string whole(script);
  const auto bad = [&] {
    return fail(
        fmt::format("\"{}\" is not understood, expected s/EXPRESSION/TEXT/ or d, with /EXPRESSION/ or the number "
                    "of a line before it",
                    whole));
  };
  Command command;
  bool found = true;
  if (script.front() == '/') {
    script.remove_prefix(1);
    auto where = Expression::make(take_until(script, '/', found));
    if (!where) return tl::unexpected(where.error());
    command.where = std::move(*where);
  }
  for (; !script.empty() && script.front() >= '0' && script.front() <= '9'; script.remove_prefix(1))
    command.line = std::min<std::size_t>(command.line * 10 + static_cast<std::size_t>(script.front() - '0'), 1'000'000);
  if (!found || script.empty() || (script.front() != 's' && script.front() != 'd')) return bad();
  const bool substitutes = script.front() == 's';
  script.remove_prefix(1);
  if (substitutes) {
    if (script.empty()) return bad();
    const char delimiter = script.front();
    script.remove_prefix(1);
    auto replaced = Expression::make(take_until(script, delimiter, found));
    if (!replaced) return tl::unexpected(replaced.error());
    if (!found) return bad();
    command.replace = std::move(*replaced);
    command.by = take_until(script, delimiter, found);
    if (!found) return bad();
    command.all = script.starts_with('g');
    if (command.all) script.remove_prefix(1);
  }
  if (!script.empty() && script.front() != ';' && script.front() != '\n') return bad();
  return command;
}

std::string replacement(const Command& command, const std::string& line, std::size_t from,
                        const std::array<regmatch_t, kGroups>& groups) {
  const auto group = [&](std::size_t index) {
    const regmatch_t& match = groups[index];
    if (match.rm_so < 0) return std::string();
    return line.substr(from + static_cast<std::size_t>(match.rm_so),
                       static_cast<std::size_t>(match.rm_eo - match.rm_so));
  };
  std::string text;
  for (std::size_t i = 0; i < command.by.size(); ++i) {
    if (command.by[i] == '&') {
      text += group(0);
    } else if (command.by[i] != '\\' || i + 1 == command.by.size()) {
      text += command.by[i];
    } else if (const char next = command.by[++i]; next >= '0' && next <= '9') {
      text += group(static_cast<std::size_t>(next - '0'));
    } else {
      text += next == 'n' ? '\n' : next;
    }
  }
  return text;
}

std::string substitute(const Command& command, const std::string& line) {
  std::string result;
  std::size_t from = 0;
  std::array<regmatch_t, kGroups> groups;
  while (from <= line.size() && command.replace->find(line, from, groups)) {
    const auto begin = static_cast<std::size_t>(groups[0].rm_so);
    const auto end = static_cast<std::size_t>(groups[0].rm_eo);
    result += line.substr(from, begin) + replacement(command, line, from, groups);
    if (begin == end && from + end < line.size()) result += line[from + end];
    from += std::max(end, begin == end ? end + 1 : end);
    if (!command.all) break;
  }
  return from < line.size() ? result + line.substr(from) : result;
}

}  // namespace

Result<std::string> edit_lines(std::string_view text, std::string_view script) {
  std::vector<Command> commands;
  while (true) {
    while (!script.empty() && (script.front() == ';' || script.front() == '\n' || script.front() == ' '))
      script.remove_prefix(1);
    if (script.empty()) break;
    auto command = take_command(script);
    if (!command) return tl::unexpected(command.error());
    commands.push_back(std::move(*command));
  }
  std::string result;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    bool deleted = false;
    for (const Command& command : commands) {
      if (deleted || !command.concerns(line, number)) continue;
      deleted = !command.replace;
      if (!deleted) line = substitute(command, line);
    }
    if (!deleted) result += line + "\n";
  }
  return result;
}

}  // namespace simcluster::cib
