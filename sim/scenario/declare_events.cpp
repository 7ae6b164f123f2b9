#include "sim/scenario/declare_events.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "reports/text.h"
#include "sim/checks/judge.h"
#include "sim/scenario/noting_fields.h"
#include "sim/scenario/operations.h"

namespace simcluster::sim {

namespace {

void declare_where(Fields& fields, EventPattern& pattern) {
  fields.reference({"on", "the machine that the event is about; absent: any"}, pattern.node, Reference::kMachine);
  fields.pairs(
      {"where", "fields of the event and their values; *x* means: contains x, x*: begins with it, *x: ends with it"},
      pattern.where);
}

void read_kind(Fields& fields, const Key& key, EventPattern& pattern) {
  std::string name;
  fields.event_kind(key, name);
  if (!name.empty()) trace_kind_from_name(name, pattern.kind);
}

void declare_pattern(Fields& fields, EventPattern& pattern) {
  read_kind(fields, required("event", "kind of the event"), pattern);
  declare_where(fields, pattern);
  fields.integer({"nth", "the n-th such event, 1 when absent"}, pattern.nth, 1, 1'000'000'000);
}

// A time that the run never reaches cannot be meant.
void check_within_run(Fields& fields, std::string_view key, Duration at, const Draft& draft) {
  if (at > draft.until)
    fields.fail(fields.place(key), fmt::format("{} is after the end of the run, which lasts {}",
                                               reports::duration_text(at), reports::duration_text(draft.until)));
}

void declare_moment(Fields& fields, Moment& moment, const Draft& draft) {
  fields.one_of({"at", "after", "every", "between"});
  fields.duration({"at", "time since the start of the run"}, moment.at);
  if (fields.given("at")) check_within_run(fields, "at", moment.at, draft);
  fields.object({"after", "after an event"}, [&] {
    moment.kind = Moment::Kind::kAfter;
    declare_pattern(fields, moment.event);
    fields.duration({"delay", "time from the event, 0s when absent"}, moment.delay);
  });
  fields.object({"every", "again and again"}, [&] {
    moment.kind = Moment::Kind::kEvery;
    fields.duration(required("interval", "from one time to the next"), moment.interval);
    if (moment.interval.ns <= 0) fields.fail(fields.place("interval"), "the interval must be longer than 0s");
    moment.from = moment.interval;
    moment.until = draft.until;
    fields.duration({"from", "first time; the interval when absent"}, moment.from);
    fields.duration({"until", "no later than this; the end of the run when absent"}, moment.until);
    check_within_run(fields, "from", moment.from, draft);
    if (moment.until < moment.from) fields.fail(fields.place("until"), "the last time is before the first");
  });
  std::vector<Duration> bounds;
  fields.list({"between", "at a random time from the seed: [earliest, latest]"}, bounds,
              [&](Duration& bound, const std::string&) { fields.duration({}, bound); });
  if (!fields.given("between")) return;
  moment.kind = Moment::Kind::kBetween;
  if (bounds.size() != 2)
    return fields.fail(fields.place("between"), "\"between\" takes two times, the earliest and the latest");
  moment.from = bounds[0];
  moment.until = bounds[1];
  if (moment.until < moment.from) fields.fail(fields.place("between"), "the latest time is before the earliest");
  check_within_run(fields, "between", moment.until, draft);
}

void declare_action(Fields& fields, TimelineItem& item, std::span<const ActionType> types) {
  for (const ActionType& type : types) {
    std::shared_ptr<Action> action = type.make();
    if (action->short_form()) {
      if (!fields.begin_value({type.name, type.help})) continue;
    } else if (!fields.begin_object({type.name, type.help})) {
      continue;
    }
    item.said.name = type.name;
    NotingFields noting(fields, item.said.parameters);
    action->describe(noting);
    action->short_form() ? fields.end_value() : fields.end_object();
    item.action = std::move(action);
  }
}

std::vector<std::string_view> action_names() {
  std::vector<std::string_view> names;
  for (const auto& types : {operation_types(), fault_types()})
    for (const auto& type : types) names.push_back(type.name);
  return names;
}

constexpr std::array<std::string_view, 2> kPower = {"off", "on"};

void declare_machines(Fields& fields, const Key& key, std::vector<std::string>& names, Reference kind) {
  fields.list(
      key, names, [&](std::string& name, const std::string&) { fields.reference({}, name, kind); }, Style::kOneOrMany);
}

void declare_state(Fields& fields, StateClaim& claim) {
  using Subject = StateClaim::Subject;
  fields.one_of({"address", "resource", "dc", "members", "quorum", "running", "machine"});
  fields.address({"address", "an address and the machines that it is really on"}, claim.address);
  fields.reference({"resource", "a resource and the nodes that it was last started on"}, claim.name,
                   Reference::kResource);
  if (fields.given("resource")) claim.subject = Subject::kResource;
  declare_machines(fields, {"on", "the machines; [] for none"}, claim.on, Reference::kMachine);
  std::vector<std::string> names;
  declare_machines(fields, {"dc", "the node that every running node takes for the DC"}, names, Reference::kClusterNode);
  if (fields.given("dc")) claim.subject = Subject::kDc;
  declare_machines(fields, {"members", "the nodes that every one of them sees as its partition"}, names,
                   Reference::kClusterNode);
  if (fields.given("members")) claim.subject = Subject::kMembers;
  declare_machines(fields, {"quorum", "the nodes that have quorum, all of them; [] for none"}, names,
                   Reference::kClusterNode);
  if (fields.given("quorum")) claim.subject = Subject::kQuorum;
  declare_machines(fields, {"running", "the nodes whose cluster software runs, all of them; [] for none"}, names,
                   Reference::kClusterNode);
  if (fields.given("running")) claim.subject = Subject::kCluster;
  if (!names.empty()) claim.on = names;
  fields.reference({"machine", "a machine and its power"}, claim.name, Reference::kMachine);
  std::size_t power = 1;
  fields.choice({"power", "on or off"}, power, kPower);
  claim.powered = power == 1;
  if (fields.given("machine")) claim.subject = Subject::kPower;
  if (fields.given("address") || fields.given("resource"))
    if (!fields.given("on")) fields.fail(fields.place(""), "\"on\" is missing: the machines, or [] for none");
}

void declare_expectation(Fields& fields, Expectation& expectation, const Draft& draft) {
  using Kind = Expectation::Kind;
  expectation.place = fields.place("");
  fields.one_of({"event", "never", "state", "judgement"});
  read_kind(fields, {"event", "this event happens"}, expectation.event);
  read_kind(fields, {"never", "this event never happens"}, expectation.event);
  if (fields.given("never")) expectation.kind = Kind::kNever;
  declare_where(fields, expectation.event);
  fields.integer({"nth", "the n-th such event, 1 when absent"}, expectation.event.nth, 1, 1'000'000'000);
  fields.object({"after", "counted from this event instead of the start"}, [&] {
    EventPattern after;
    declare_pattern(fields, after);
    expectation.after = after;
  });
  fields.duration({"from", "not before"}, expectation.from);
  fields.duration({"within", "not later; for never: the end of the watch"}, expectation.within);
  if (expectation.within) {
    check_within_run(fields, "within", *expectation.within, draft);
    if (*expectation.within < expectation.from)
      fields.fail(fields.place("within"), "\"within\" ends before \"from\" begins");
  }
  fields.object({"state", "the simulated world looks like this"}, [&] {
    expectation.kind = Kind::kState;
    declare_state(fields, expectation.state);
  });
  fields.duration({"at", "moment of the state; the end of the run when absent"}, expectation.at);
  if (expectation.at) check_within_run(fields, "at", *expectation.at, draft);
  std::size_t judge = 0;
  fields.choice({"judgement", "this judge must find something; all others must find nothing"}, judge, judge_names());
  if (fields.given("judgement")) {
    expectation.kind = Kind::kJudgement;
    expectation.judge = judge_names()[judge];
  }
  fields.text({"text", "the sentence for reports; absent: made from the expectation"}, expectation.text);
}

}  // namespace

void declare_timeline(Fields& fields, Draft& draft) {
  fields.list({"timeline", "what happens to the cluster"}, draft.timeline, [&](TimelineItem& item, const std::string&) {
    fields.object({}, [&] {
      item.place = fields.place("");
      declare_moment(fields, item.moment, draft);
      const auto names = action_names();
      fields.one_of(std::span<const std::string_view>(names), false);
      declare_action(fields, item, operation_types());
      declare_action(fields, item, fault_types());
    });
  });
}

void declare_expectations(Fields& fields, Draft& draft) {
  fields.list({"expect", "what must come of it"}, draft.expectations,
              [&](Expectation& expectation, const std::string&) {
                fields.object({}, [&] { declare_expectation(fields, expectation, draft); });
              });
}

void declare_story(Fields& fields, reports::StorySettings& story) {
  static constexpr std::array<std::string_view, 7> kPriorities = {"none",   "critical", "error", "warning",
                                                                  "notice", "info",     "debug"};
  static constexpr std::array<LogPriority, 7> kValues = {
      LogPriority::kEmergency, LogPriority::kCritical, LogPriority::kError, LogPriority::kWarning,
      LogPriority::kNotice,    LogPriority::kInfo,     LogPriority::kDebug};
  const auto read_kinds = [&](const Key& key, std::vector<TraceKind>& kinds) {
    std::vector<TraceKind> read;
    fields.list(key, read, [&](TraceKind& kind, const std::string&) {
      EventPattern pattern;
      read_kind(fields, {}, pattern);
      kind = pattern.kind;
    });
    if (fields.given(key.name)) kinds = read;
  };
  fields.object({"story", "what is told and what goes into the golden file"}, [&] {
    fields.number({"level", "trace events up to this level, 0 when absent"}, story.level, 0, 3);
    std::size_t priority = 3;
    fields.choice({"logs", "agents' log lines of this priority and above, warning when absent"}, priority, kPriorities);
    story.logs = priority != 0;
    story.log_priority = kValues[priority];
    fields.list({"daemons", "all log lines of these daemons and agents, too"}, story.daemons,
                [&](std::string& name, const std::string&) { fields.text({}, name); });
    fields.list({"syslog", "of these daemons the log lines that go to syslog, too"}, story.syslog,
                [&](std::string& name, const std::string&) { fields.text({}, name); });
    fields.boolean({"readable", "the event log that operators get from the cluster's log by a filter"}, story.readable);
    read_kinds({"show", "kinds of events above the level"}, story.show);
    read_kinds({"hide", "kinds of events that are left out"}, story.hide);
  });
}

}  // namespace simcluster::sim
