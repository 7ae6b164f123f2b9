#include "engine/scheduler/operation_key.h"

#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// Position where the task begins: after the underscore before it. npos when there is none.
std::size_t task_start(std::string_view head) {
  for (const std::string_view migration : {std::string_view("_migrate_from"), std::string_view("_migrate_to")}) {
    if (head.ends_with(migration)) return head.size() - migration.size() + 1;
  }
  const std::size_t underscore = head.rfind('_');
  return underscore == std::string_view::npos ? underscore : underscore + 1;
}

}  // namespace

std::optional<OperationKey> split_operation_key(std::string_view key) {
  if (key.size() < 5) return std::nullopt;
  const std::size_t last = key.rfind('_', key.size() - 2);
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  std::int64_t interval = 0;
  if (!parse_leading_integer(key.substr(last + 1), interval)) return std::nullopt;
  const std::string_view head = key.substr(0, last);
  std::size_t task = task_start(head);
  if (task == std::string_view::npos || task < 2) return std::nullopt;
  const std::string_view before = head.substr(0, task - 1);
  for (const std::string_view notify :
       {std::string_view("_confirmed-pre_notify"), std::string_view("_confirmed-post_notify"),
        std::string_view("_pre_notify"), std::string_view("_post_notify")}) {
    if (!before.ends_with(notify)) continue;
    task = before.size() - notify.size() + 1;
    break;
  }
  if (task < 2) return std::nullopt;
  return OperationKey{head.substr(0, task - 1), head.substr(task), static_cast<std::uint32_t>(interval)};
}

}  // namespace simcluster::scheduler
