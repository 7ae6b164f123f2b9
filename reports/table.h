// Plain text tables.
#pragma once

#include <string>
#include <vector>

namespace simcluster::reports {

enum class Align : unsigned char { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

// Columns as wide as needed, two blanks apart, a rule below the titles; no blanks at line ends.
std::string table_text(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows);

}  // namespace simcluster::reports
