#include "sim/scenario/schema.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/trace.h"
#include "sim/scenario/draft.h"

namespace simcluster::sim {

namespace {

using Json = nlohmann::ordered_json;

Json text_schema() { return {{"type", Json::array({"string", "number", "boolean"})}}; }

Json open_object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}}; }

Json names_schema(std::span<const std::string_view> names) {
  Json list = Json::array();
  for (const auto name : names) list.push_back(std::string(name));
  return {{"enum", list}};
}

// The describing visitor.
class SchemaWriter final : public Fields {
 public:
  SchemaWriter() { frames_.push_back({open_object(), {}, false, false, partial_}); }

  Json take() { return std::move(frames_.front().schema); }

  using Fields::duration;
  using Fields::one_of;
  void text(const Key& key, std::string&) override { add(key, text_schema()); }
  void block(const Key& key, TextBlock&) override { add(key, {{"type", "string"}}); }
  void file(const Key& key, TextBlock&) override { add(key, {{"type", "string"}, {"minLength", 1}}); }
  void boolean(const Key& key, bool&) override { add(key, {{"type", "boolean"}}); }
  void integer(const Key& key, std::int64_t&, std::int64_t low, std::int64_t high) override {
    add(key, {{"type", "integer"}, {"minimum", low}, {"maximum", high}});
  }
  void duration(const Key& key, Duration&) override {
    // A bare 0 needs no unit.
    add(key,
        {{"anyOf", Json::array({Json{{"type", "string"}, {"pattern", "^([0-9]+(\\.[0-9]+)?(ms|us|ns|s|m|h|d|w))+$"}},
                                Json{{"enum", Json::array({0, "0"})}}})}});
  }
  void instant(const Key& key, Time&) override {
    add(key, {{"type", "string"}, {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"}});
  }
  void share(const Key& key, std::uint32_t&) override {
    add(key, {{"anyOf", Json::array({Json{{"type", "string"}, {"pattern", "^[0-9]+(\\.[0-9]+)?%$"}},
                                     Json{{"enum", Json::array({0, "0"})}}})}});
  }
  void address(const Key& key, IpAddress&) override { add(key, {{"type", "string"}, {"pattern", "^[0-9a-fA-F:.]+$"}}); }
  void prefix(const Key& key, AddressPrefix&) override {
    add(key, {{"type", "string"}, {"pattern", "^[0-9a-fA-F:.]+/[0-9]+$"}});
  }
  void choice(const Key& key, std::size_t&, std::span<const std::string_view> names) override {
    add(key, names_schema(names));
  }
  void reference(const Key& key, std::string&, Reference) override { add(key, text_schema()); }
  void event_kind(const Key& key, std::string&) override {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < kTraceKindCount; ++i) names.push_back(trace_kind_name(static_cast<TraceKind>(i)));
    add(key, names_schema(names));
  }
  void pairs(const Key& key, std::vector<std::pair<std::string, std::string>>&) override {
    add(key, {{"type", "object"}, {"additionalProperties", text_schema()}});
  }

  bool begin_object(const Key& key) override {
    Json schema = open_object();
    frames_.push_back({schema, key, false, false, partial_});
    return true;
  }
  void end_object() override {
    Frame frame = pop();
    // Nothing inside: the value may be left out.
    if (frame.schema["properties"].empty()) frame.schema["type"] = Json::array({"object", "null"});
    add(frame.key, std::move(frame.schema));
  }
  bool begin_value(const Key& key) override {
    frames_.push_back({Json::object(), key, true, false, partial_});
    return true;
  }
  void end_value() override {
    Frame frame = pop();
    add(frame.key, std::move(frame.schema));
  }
  std::size_t begin_list(const Key& key, Style style) override { return begin_items(key, style, "items"); }
  std::size_t begin_map(const Key& key, Style style) override {
    return begin_items(key, style, "additionalProperties");
  }
  std::string begin_item(std::size_t) override {
    frames_.push_back({Json::object(), {}, true, false, partial_});
    return {};
  }
  void end_item() override {
    Frame frame = pop();
    frames_.back().item = std::move(frame.schema);
  }
  void end_list() override {
    Frame frame = pop();
    partial_ = frame.was_partial;
    const bool list = frame.schema["type"] == "array";
    frame.schema[list ? "items" : "additionalProperties"] = nullable(frame.item, partial_ && !list);
    if (frame.or_single) frame.schema = {{"anyOf", Json::array({frame.schema, frame.item})}};
    if (list && partial_ && !frame.key.name.empty()) {
      Json more = frame.schema;
      more["description"] = "appended to " + std::string(frame.key.name);
      frames_.back().schema["properties"][std::string(frame.key.name) + "+"] = std::move(more);
    }
    add(frame.key, std::move(frame.schema));
  }
  void one_of(std::span<const std::string_view> names, bool none_allowed) override {
    Json choices = Json::array();
    for (const auto name : names) choices.push_back({{"required", Json::array({std::string(name)})}});
    if (none_allowed || partial_) choices.push_back({{"not", {{"anyOf", choices}}}});
    frames_.back().schema["allOf"].push_back({{"oneOf", choices}});
  }
  void partial(bool on) override { partial_ = on; }
  bool given(std::string_view) const override { return false; }
  SourcePlace place(std::string_view) const override { return {}; }
  void fail(SourcePlace, std::string) override {}

 private:
  struct Frame {
    Json schema;
    Key key;
    bool slot = false;       // the value itself is being described
    bool or_single = false;  // a single item may stand for the list
    bool was_partial = false;
    Json item = Json::object();
  };

  std::size_t begin_items(const Key& key, Style style, const char* items) {
    frames_.push_back({{{"type", std::string_view(items) == "items" ? "array" : "object"}},
                       key,
                       false,
                       style == Style::kOneOrMany,
                       partial_});
    // Items of lists are replaced as a whole, so they are complete; entries of maps are merged.
    if (std::string_view(items) == "items") partial_ = false;
    return 1;
  }

  Frame pop() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    return frame;
  }

  static Json nullable(Json schema, bool yes) {
    if (!yes || schema.empty()) return schema;
    return {{"anyOf", Json::array({std::move(schema), Json{{"type", "null"}}})}};
  }

  void add(const Key& key, Json schema) {
    Frame& frame = frames_.back();
    if (key.name.empty()) {
      SIMCLUSTER_ASSERT(frame.slot);
      frame.schema = std::move(schema);
      return;
    }
    Json described = nullable(std::move(schema), partial_);
    if (!key.help.empty()) described["description"] = std::string(key.help);
    frame.schema["properties"][std::string(key.name)] = std::move(described);
    if (key.required && !partial_) frame.schema["required"].push_back(std::string(key.name));
  }

  bool partial_ = false;
  std::vector<Frame> frames_;
};

}  // namespace

std::string scenario_schema() {
  SchemaWriter writer;
  Draft draft;
  declare_scenario(writer, draft);
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"$id", "https://simcluster.invalid/scenario.schema.json"},
                 {"title", "simcluster scenario"},
                 {"description", "A cluster, what happens to it, and what must come of it."}};
  Json body = writer.take();
  for (const auto& [key, value] : body.items()) schema[key] = value;
  return schema.dump(2) + "\n";
}

}  // namespace simcluster::sim
