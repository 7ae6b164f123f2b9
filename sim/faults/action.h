// Something that the timeline of a scenario does to the world: a fault, a command of an operator, a note.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/trace.h"
#include "sim/faults/fields.h"

namespace simcluster::sim {

class World;

class Action {
 public:
  virtual ~Action() = default;
  // Declares the parameters. `fields` stands inside the action's value.
  virtual void describe(Fields& fields) = 0;
  // True when the action's value is a single value instead of an object.
  virtual bool short_form() const { return false; }
  // How the story tells it: fault, operator command, note or screen.
  virtual TraceKind kind() const { return TraceKind::kFault; }
  // The machine that it concerns; empty: the world.
  virtual std::string machine() const { return {}; }
  // One short sentence for the story.
  virtual std::string text() const = 0;
  // The same where the world has its own words for it.
  virtual std::string told(const World& world) const {
    static_cast<void>(world);
    return text();
  }
  // An error says why the world could not do it; the run goes on and is not as expected.
  virtual Result<void> apply(World& world) const = 0;
  // It looks at logs and inputs of the scheduler: machines keep them.
  virtual bool needs_records() const { return false; }
};

struct ActionType {
  std::string_view name;  // key in the timeline
  std::string_view help;
  std::unique_ptr<Action> (*make)();
};

template <class T>
std::unique_ptr<Action> make_action() {
  return std::make_unique<T>();
}

// What can go wrong, and what repairs it, in the order of the documentation.
std::span<const ActionType> fault_types();

}  // namespace simcluster::sim
