#include "reports/diff.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/core.h>

namespace simcluster::reports {

namespace {

using Lines = std::vector<std::string_view>;

constexpr std::ptrdiff_t kMaxEdits = 4000;

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

struct Edit {
  char sign;  // ' ', '-', '+'
  std::size_t old_line;
  std::size_t new_line;
};

// For every number of edits, how far each diagonal was reached.
using Trace = std::vector<std::vector<std::ptrdiff_t>>;

std::optional<Trace> search(const Lines& a, const Lines& b) {
  const auto n = static_cast<std::ptrdiff_t>(a.size());
  const auto m = static_cast<std::ptrdiff_t>(b.size());
  const std::ptrdiff_t limit = std::min(n + m, kMaxEdits);
  std::vector<std::ptrdiff_t> reached(static_cast<std::size_t>(2 * limit + 3), 0);
  const auto at = [&](std::ptrdiff_t k) -> std::ptrdiff_t& { return reached[static_cast<std::size_t>(k + limit + 1)]; };
  Trace trace;
  for (std::ptrdiff_t d = 0; d <= limit; ++d) {
    trace.emplace_back(reached.begin() + (limit + 1 - d - 1), reached.begin() + (limit + 1 + d + 2));
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      std::ptrdiff_t x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) ++x;
      at(k) = x;
      if (x >= n && x - k >= m) return trace;
    }
  }
  return std::nullopt;
}

// From the end back to the beginning.
std::vector<Edit> walk_back(const Lines& a, const Lines& b, const Trace& trace) {
  std::vector<Edit> edits;
  auto x = static_cast<std::ptrdiff_t>(a.size());
  auto y = static_cast<std::ptrdiff_t>(b.size());
  const auto add = [&](char sign) {
    edits.push_back({sign, static_cast<std::size_t>(x), static_cast<std::size_t>(y)});
  };
  for (auto d = static_cast<std::ptrdiff_t>(trace.size()) - 1; d >= 0; --d) {
    const auto& reached = trace[static_cast<std::size_t>(d)];
    const auto at = [&](std::ptrdiff_t k) { return reached[static_cast<std::size_t>(k + d + 1)]; };
    const std::ptrdiff_t k = x - y;
    const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
    const std::ptrdiff_t before_k = down ? k + 1 : k - 1;
    const std::ptrdiff_t before_x = d == 0 ? 0 : at(before_k);
    const std::ptrdiff_t before_y = d == 0 ? 0 : before_x - before_k;
    while (x > before_x && y > before_y) {
      --x, --y;
      add(' ');
    }
    if (d == 0) break;
    if (down) {
      --y;
      add('+');
    } else {
      --x;
      add('-');
    }
  }
  std::reverse(edits.begin(), edits.end());
  return edits;
}

std::vector<Edit> replace_all(const Lines& a, const Lines& b) {
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < a.size(); ++i) edits.push_back({'-', i, 0});
  for (std::size_t i = 0; i < b.size(); ++i) edits.push_back({'+', a.size(), i});
  return edits;
}

std::string hunk_text(const std::vector<Edit>& edits, std::size_t begin, std::size_t end, const Lines& a,
                      const Lines& b) {
  std::size_t old_count = 0;
  std::size_t new_count = 0;
  std::string lines;
  for (std::size_t i = begin; i < end; ++i) {
    const Edit& edit = edits[i];
    if (edit.sign != '+') ++old_count;
    if (edit.sign != '-') ++new_count;
    lines += fmt::format("{}{}\n", edit.sign, edit.sign == '+' ? b[edit.new_line] : a[edit.old_line]);
  }
  const std::size_t old_first = edits[begin].old_line + (old_count > 0 ? 1 : 0);
  const std::size_t new_first = edits[begin].new_line + (new_count > 0 ? 1 : 0);
  return fmt::format("@@ -{},{} +{},{} @@\n{}", old_first, old_count, new_first, new_count, lines);
}

}  // namespace

std::string unified_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                         std::string_view new_name, std::size_t context) {
  if (old_text == new_text) return {};
  const Lines a = split(old_text);
  const Lines b = split(new_text);
  const auto trace = search(a, b);
  const std::vector<Edit> edits = trace ? walk_back(a, b, *trace) : replace_all(a, b);
  std::string text = fmt::format("--- {}\n+++ {}\n", old_name, new_name);
  std::size_t i = 0;
  bool any = false;
  while (i < edits.size()) {
    if (edits[i].sign == ' ') {
      ++i;
      continue;
    }
    any = true;
    const std::size_t begin = i > context ? i - context : 0;
    std::size_t last = i;  // last change of this hunk
    for (std::size_t j = i; j < edits.size() && j - last <= 2 * context; ++j)
      if (edits[j].sign != ' ') last = j;
    const std::size_t end = std::min(edits.size(), last + context + 1);
    text += hunk_text(edits, begin, end, a, b);
    i = end;
  }
  if (!any) text += "(the texts differ only in the newline at their end)\n";
  return text;
}

}  // namespace simcluster::reports
