#include "engine/base/trace.h"

#include <array>

namespace simcluster {

namespace {

struct KindRow {
  std::string_view name;
  int level;
};

constexpr std::array<KindRow, kTraceKindCount> kRows = {{
#define SIMCLUSTER_TRACE_ROW(kind, name, level) {name, level},
    SIMCLUSTER_TRACE_KINDS(SIMCLUSTER_TRACE_ROW)
#undef SIMCLUSTER_TRACE_ROW
}};

}  // namespace

std::string_view trace_kind_name(TraceKind kind) { return kRows[static_cast<std::size_t>(kind)].name; }

int trace_kind_level(TraceKind kind) { return kRows[static_cast<std::size_t>(kind)].level; }

bool trace_kind_from_name(std::string_view name, TraceKind& kind) {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].name == name) {
      kind = static_cast<TraceKind>(i);
      return true;
    }
  return false;
}

}  // namespace simcluster
