#include "reports/table.h"

#include <algorithm>

#include "reports/text.h"

namespace simcluster::reports {

namespace {

std::string line_of(const std::vector<std::string>& cells, const std::vector<Column>& table,
                    const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::string& cell = cells[i];
    const std::string padding(widths[i] - columns(cell), ' ');
    line += i == 0 ? "" : "  ";
    line += table[i].align == Align::kRight ? padding + cell : cell + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string table_text(const std::vector<Column>& table, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<std::string> titles;
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < table.size(); ++i) {
    std::size_t width = columns(table[i].title);
    for (const auto& row : rows) width = std::max(width, columns(row[i]));
    widths.push_back(width);
    titles.push_back(table[i].title);
    rules.emplace_back(width, '-');
  }
  std::string text = line_of(titles, table, widths) + line_of(rules, table, widths);
  for (const auto& row : rows) text += line_of(row, table, widths);
  return text;
}

}  // namespace simcluster::reports
