#include "engine/scheduler/operation_key.h"

#include <charconv>

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

// As strtoul reads it, with base 10: what is no number counts as 0; none when the number is too large.
std::optional<std::uint32_t> read_interval(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n\v\f\r");
  if (begin == std::string_view::npos) return 0;
  text.remove_prefix(begin);
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  std::uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc::result_out_of_range) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(negative ? 0 - value : value);
}

}  // namespace

std::optional<OperationKey> split_operation_key(std::string_view key) {
  if (key.size() < 5) return std::nullopt;
  const std::size_t last = key.rfind('_', key.size() - 2);
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const auto interval = read_interval(key.substr(last + 1));
  if (!interval) return std::nullopt;
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
  return OperationKey{head.substr(0, task - 1), head.substr(task), *interval};
}

}  // namespace simcluster::scheduler
