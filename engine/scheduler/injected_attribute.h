// A transient node attribute that an injected failure leaves (S5 L-11).
#pragma once

#include <string>

namespace simcluster::scheduler {

struct InjectedAttribute {
  std::string name;  // "fail-count-db#start_0"
  std::string value;
  std::string node_id;  // of the node_state

  std::string text() const {
    return "Injecting attribute " + name + "=" + value + " into /node_state '" + node_id + "'";
  }
};

}  // namespace simcluster::scheduler
