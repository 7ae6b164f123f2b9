// The three list operations whose exact sequence of comparisons is part of the rules (S0 sections 6.2 to 6.4), because
// comparisons may be intransitive and equal elements have a fixed place.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace simcluster::scheduler {

namespace detail {
template <class T, class Compare>
void merge_sort_range(T* first, std::size_t n, Compare& compare, std::vector<T>& scratch) {
  if (n < 2) return;
  const std::size_t left = n / 2;
  merge_sort_range(first, left, compare, scratch);
  merge_sort_range(first + left, n - left, compare, scratch);
  scratch.assign(first, first + left);
  std::size_t a = 0;
  std::size_t b = left;
  T* out = first;
  while (a < left && b < n) {
    if (compare(scratch[a], first[b]) <= 0) {
      *out++ = scratch[a++];
    } else {
      *out++ = first[b++];
    }
  }
  while (a < left) *out++ = scratch[a++];
}
}  // namespace detail

// S3: stable merge sort; the first part has floor(n/2) elements. `compare(a, b)` returns a negative number, 0 or
// a positive number and need not be transitive.
template <class T, class Compare>
void merge_sort(std::vector<T>& list, Compare compare) {
  std::vector<T> scratch;
  scratch.reserve(list.size() / 2 + 1);
  detail::merge_sort_range(list.data(), list.size(), compare, scratch);
}

// S3: inserts before the first element for which compare(item, element) <= 0, so in front of equal ones.
template <class T, class Compare>
void sorted_insert(std::vector<T>& list, T item, Compare compare) {
  auto it = list.begin();
  while (it != list.end() && compare(item, *it) > 0) ++it;
  list.insert(it, std::move(item));
}

// S3, the merge quirk: an empty list becomes a copy of `addition`; otherwise the first element of `addition` is
// inserted as often as `addition` has elements, and the others are not inserted at all.
template <class T, class Compare>
void merge_list(std::vector<T>& list, const std::vector<T>& addition, Compare compare) {
  if (list.empty()) {
    list = addition;
    return;
  }
  for (std::size_t i = 0; i < addition.size(); ++i) sorted_insert(list, addition.front(), compare);
}

}  // namespace simcluster::scheduler
