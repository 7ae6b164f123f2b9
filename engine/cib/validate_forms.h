#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"
#include "engine/cib/validate.h"

namespace simcluster::cib {

// What validation has found wrong so far, up to a limit.
class Findings {
 public:
  explicit Findings(std::size_t limit) : limit_(limit) {}

  bool full() const { return errors_.size() >= limit_; }

  // Adds: element <NAME> "ID": MESSAGE.  Nothing once full.
  void wrong(const Element& element, const std::string& message);
  void add(Error error);

  // In the order of the document.
  std::vector<Error> sorted() &&;

 private:
  std::size_t limit_;
  std::vector<Error> errors_;
};

// What the grammar's productions cannot say: which attributes and children of an element go together and which exclude
// each other, and how many instances are too many.
void check_form(const Element& element, Schema schema, Findings& findings);

}  // namespace simcluster::cib
