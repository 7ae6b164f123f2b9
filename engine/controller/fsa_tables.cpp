#include "engine/controller/fsa_tables.h"

#include <array>
#include <string_view>
#include <utility>

#include "engine/base/assert.h"

namespace simcluster::controller {

namespace {

using namespace std::string_view_literals;

// A row of CM B.2: next states ("STATE STATE>NEXT; ...", states not named stay) and actions ("STATE STATE:
// ACTION+ACTION; ...").
struct Row {
  Input input;
  std::string_view next;
  std::string_view actions;
};

// clang-format off
constexpr std::array<Row, kInputCount> kRows = {{
    {Input::kNull,
     "",
     ""},
    {Input::kDcTimeout,
     "ID IN FJ PE RL TE>RC; ND PD>EL",
     "ID IN FJ PE RL ST: WARN; EL: ELECTION_VOTE; ND PD: ELECTION_VOTE+WARN; TE: TE_CANCEL+WARN"},
    {Input::kElection,
     "ID IN FJ ND PE PD TE>EL",
     "ID EL IN FJ ND PE PD TE: ELECTION_VOTE; RC RL SP TM: LOG; ST: WARN"},
    {Input::kPeCalc,
     "ID TE>PE; ST>RC",
     "ID PE TE: PE_INVOKE; ND PD SP: WARN; ST TM: ERROR"},
    {Input::kReleaseDc,
     "ID EL IN FJ PE TE>RL; ST>RC",
     "ID EL RC: O:RELEASE; IN FJ PE RL TE: O:RELEASE+WARN; ND PD SP TM: WARN; ST: ERROR"},
    {Input::kElectionDc,
     "ID EL FJ ND PE TE>IN; ST>RC",
     "ID PE RL TE: WARN+ELECTION_VOTE; "
     "EL: LOG+DC_TAKEOVER+PE_START+TE_START+DC_JOIN_OFFER_ALL+DC_TIMER_STOP; "
     "IN FJ: WARN+ELECTION_VOTE+DC_JOIN_OFFER_ALL; ND: LOG+ELECTION_VOTE; RC SP TM: WARN; ST PD: LOG+WARN"},
    {Input::kError,
     "ID EL IN FJ ND PE RL ST PD TE>RC; SP>TM",
     "ID IN FJ PE TE: ERROR+RECOVER+O:RELEASE+ELECTION_START; EL: ERROR+RECOVER+O:RELEASE; "
     "ND RL ST PD: ERROR+RECOVER; RC: ERROR+O:RELEASE; SP TM: ERROR+EXIT_1"},
    {Input::kFail,
     "ID ND>RC; EL>RL; FJ PE>IN; ST PD>SP; TE>PE",
     "ID EL ND RL ST PD SP: WARN; IN FJ: WARN+DC_JOIN_OFFER_ALL; PE: WARN+DC_JOIN_OFFER_ALL+TE_CANCEL; "
     "RC: WARN+O:RELEASE; TM: WARN+EXIT_1; TE: WARN+O:LRM_RECONNECT+PE_INVOKE+TE_CANCEL"},
    {Input::kIntegrated,
     "IN>FJ; ST PD>RC",
     "EL FJ ND RC RL ST PD SP TM: WARN; IN: DC_JOIN_FINALIZE"},
    {Input::kFinalized,
     "FJ>PE; ST PD>RC",
     "EL IN ND RC RL ST PD SP TM: WARN; FJ: DC_JOIN_FINAL+TE_CANCEL"},
    {Input::kNodeJoin,
     "ID FJ PE TE>IN; ST>RC",
     "ID TE: TE_HALT+DC_JOIN_OFFER_ONE; EL ND RC RL ST PD SP TM: WARN; IN FJ PE: DC_JOIN_OFFER_ONE"},
    {Input::kNotDc,
     "ID IN FJ PE ST TE>RC; PD>ND",
     "ID: WARN+O:RELEASE; EL: ERROR+ELECTION_START+DC_TIMER_STOP; IN FJ PE RC RL TE: ERROR+O:RELEASE; "
     "ND: LOG; ST SP TM: WARN; PD: LOG+DC_TIMER_STOP"},
    {Input::kReleaseSuccess,
     "ID IN FJ PE ST TE>RC; RL>PD",
     "ID EL IN FJ ND PE RC ST SP TM TE: WARN; RL PD: LOG"},
    {Input::kTeSuccess,
     "ST>RC; TE>ID",
     "ID TE: LOG; EL IN FJ PE RL SP TM: WARN; ND ST PD: ERROR; RC: RECOVER+WARN"},
    {Input::kRouter,
     "",
     "all: MSG_ROUTE"},
    {Input::kShutdown,
     "ID TE>PE; RC ST>SP",
     "ID IN FJ PE: LOG+SHUTDOWN_REQ; EL: LOG+SHUTDOWN_REQ+ELECTION_VOTE; ND PD: SHUTDOWN_REQ; "
     "RC: WARN+O:EXIT+O:RELEASE; RL TE: WARN+SHUTDOWN_REQ; ST: WARN+O:EXIT; SP TM: LOG"},
    {Input::kStop,
     "ID EL IN FJ ND PE RC RL ST PD TE>SP",
     "ID FJ RC RL: ERROR+O:RELEASE+O:EXIT; EL: O:RELEASE+O:EXIT; IN PE: WARN+O:RELEASE+O:EXIT; "
     "ND ST PD SP: O:EXIT; TM: ERROR+EXIT_1; TE: LOG+O:RELEASE+O:EXIT"},
    {Input::kTerminate,
     "ID EL IN FJ ND PE RC RL ST PD SP TE>TM",
     "ID EL IN FJ ND PE RC RL PD TE: ERROR+O:EXIT; ST SP TM: O:EXIT"},
    {Input::kStartup,
     "ID EL IN FJ ND PE TE>RC",
     "ID EL IN FJ ND PE RC RL SP TM TE: WARN; "
     "ST: LOG+STARTUP+CIB_START+LRM_CONNECT+HA_CONNECT+READCONFIG+STARTED; PD: LOG"},
    {Input::kPeSuccess,
     "PE>TE; ST>RC",
     "ID RL PD TE: LOG; EL IN FJ: WARN; PE: TE_INVOKE; RC: RECOVER+LOG; ST SP TM: ERROR"},
    {Input::kJoinOffer,
     "ND>PD",
     "ID PE TE: WARN+CL_JOIN_REQUEST; EL: WARN+ELECTION_VOTE; IN FJ: CL_JOIN_REQUEST; "
     "ND PD: CL_JOIN_REQUEST+DC_TIMER_STOP; RC RL: WARN+CL_JOIN_REQUEST+DC_TIMER_STOP; ST SP TM: LOG"},
    {Input::kJoinRequest,
     "ID FJ PE TE>IN",
     "ID FJ PE TE: DC_JOIN_OFFER_ONE; EL ND RC RL ST PD SP TM: WARN; IN: DC_JOIN_PROCESS_REQ"},
    {Input::kJoinResult,
     "ID PE TE>IN; ND>PD; ST>RC",
     "ID PE TE: ERROR+TE_HALT+DC_JOIN_OFFER_ALL; EL RC RL: LOG; "
     "IN: LOG+CL_JOIN_RESULT+DC_JOIN_PROCESS_ACK; FJ: CL_JOIN_RESULT+DC_JOIN_PROCESS_ACK; "
     "ND: ERROR+CL_JOIN_ANNOUNCE; ST SP TM: ERROR; PD: CL_JOIN_RESULT"},
    {Input::kWaitForEvent,
     "",
     "all: LOG"},
    {Input::kPending,
     "ID EL IN FJ ND PE ST TE>PD",
     "ID EL IN FJ PE TE: O:RELEASE+O:DC_TIMER_RESTART; ND PD: LOG+O:DC_TIMER_RESTART; RC SP TM: WARN; "
     "RL: WARN+O:DC_TIMER_RESTART; ST: LOG+DC_TIMER_START+CL_JOIN_QUERY"},
}};
// clang-format on

constexpr std::array<std::pair<std::string_view, State>, kStateCount> kStateCodes = {{
    {"ST", State::kStarting},
    {"PD", State::kPending},
    {"EL", State::kElection},
    {"IN", State::kIntegration},
    {"FJ", State::kFinalizeJoin},
    {"PE", State::kPolicyEngine},
    {"TE", State::kTransitionEngine},
    {"ID", State::kIdle},
    {"ND", State::kNotDc},
    {"RL", State::kReleaseDc},
    {"RC", State::kRecovery},
    {"SP", State::kStopping},
    {"TM", State::kTerminate},
}};

constexpr std::array<std::pair<std::string_view, Action>, kActionCount> kActionNames = {{
    {"ERROR", Action::kError},
    {"WARN", Action::kWarn},
    {"LOG", Action::kLog},
    {"EXIT_1", Action::kExit1},
    {"STARTUP", Action::kStartup},
    {"CIB_START", Action::kCibStart},
    {"HA_CONNECT", Action::kHaConnect},
    {"READCONFIG", Action::kReadConfig},
    {"LRM_CONNECT", Action::kLrmConnect},
    {"TE_START", Action::kTeStart},
    {"PE_START", Action::kPeStart},
    {"DC_TIMER_STOP", Action::kDcTimerStop},
    {"INTEGRATE_TIMER_STOP", Action::kIntegrateTimerStop},
    {"INTEGRATE_TIMER_START", Action::kIntegrateTimerStart},
    {"FINALIZE_TIMER_STOP", Action::kFinalizeTimerStop},
    {"FINALIZE_TIMER_START", Action::kFinalizeTimerStart},
    {"MSG_ROUTE", Action::kMsgRoute},
    {"RECOVER", Action::kRecover},
    {"CL_JOIN_RESULT", Action::kClJoinResult},
    {"CL_JOIN_REQUEST", Action::kClJoinRequest},
    {"SHUTDOWN_REQ", Action::kShutdownReq},
    {"ELECTION_VOTE", Action::kElectionVote},
    {"ELECTION_COUNT", Action::kElectionCount},
    {"STARTED", Action::kStarted},
    {"CL_JOIN_QUERY", Action::kClJoinQuery},
    {"DC_TIMER_START", Action::kDcTimerStart},
    {"DC_TAKEOVER", Action::kDcTakeover},
    {"DC_RELEASE", Action::kDcRelease},
    {"DC_JOIN_FINAL", Action::kDcJoinFinal},
    {"ELECTION_CHECK", Action::kElectionCheck},
    {"ELECTION_START", Action::kElectionStart},
    {"DC_JOIN_OFFER_ALL", Action::kDcJoinOfferAll},
    {"DC_JOIN_OFFER_ONE", Action::kDcJoinOfferOne},
    {"DC_JOIN_PROCESS_REQ", Action::kDcJoinProcessReq},
    {"DC_JOIN_PROCESS_ACK", Action::kDcJoinProcessAck},
    {"DC_JOIN_FINALIZE", Action::kDcJoinFinalize},
    {"CL_JOIN_ANNOUNCE", Action::kClJoinAnnounce},
    {"TE_HALT", Action::kTeHalt},
    {"TE_CANCEL", Action::kTeCancel},
    {"PE_INVOKE", Action::kPeInvoke},
    {"TE_INVOKE", Action::kTeInvoke},
    {"DC_RELEASED", Action::kDcReleased},
    {"PE_STOP", Action::kPeStop},
    {"TE_STOP", Action::kTeStop},
    {"SHUTDOWN", Action::kShutdown},
    {"LRM_DISCONNECT", Action::kLrmDisconnect},
    {"HA_DISCONNECT", Action::kHaDisconnect},
    {"CIB_STOP", Action::kCibStop},
    {"STOP", Action::kStop},
    {"EXIT_0", Action::kExit0},
}};

// Composites (CM B.2).
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kComposites = {{
    {"O:RELEASE", "DC_TIMER_STOP+DC_RELEASE+PE_STOP+TE_STOP+DC_RELEASED"},
    {"O:EXIT", "SHUTDOWN+STOP+LRM_DISCONNECT+HA_DISCONNECT+EXIT_0+CIB_STOP"},
    {"O:LRM_RECONNECT", "LRM_CONNECT+LRM_DISCONNECT"},
    {"O:DC_TIMER_RESTART", "DC_TIMER_STOP+DC_TIMER_START"},
}};

struct Tables {
  std::array<std::array<State, kStateCount>, kInputCount> next{};
  std::array<std::array<std::uint64_t, kStateCount>, kInputCount> actions{};
};

// Takes the text up to `separator` off `text`.
constexpr std::string_view take(std::string_view& text, std::string_view separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + separator.size());
  return part;
}

constexpr State state_of(std::string_view code) {
  for (const auto& [name, state] : kStateCodes) {
    if (name == code) return state;
  }
  throw "unknown state in a table of the controller";
}

constexpr std::uint64_t actions_of(std::string_view text) {
  std::uint64_t bits = 0;
  while (!text.empty()) {
    const std::string_view name = take(text, "+");
    bool found = false;
    for (const auto& [composite, parts] : kComposites) {
      if (composite != name) continue;
      bits |= actions_of(parts);
      found = true;
    }
    for (const auto& [action_name, action] : kActionNames) {
      if (action_name != name) continue;
      bits |= ActionSet(action).bits;
      found = true;
    }
    if (!found) throw "unknown action in a table of the controller";
  }
  return bits;
}

constexpr void read_next(std::string_view text, std::array<State, kStateCount>& next) {
  while (!text.empty()) {
    std::string_view target = take(text, "; ");
    std::string_view from = take(target, ">");
    while (!from.empty()) next[static_cast<std::size_t>(state_of(take(from, " ")))] = state_of(target);
  }
}

constexpr void read_actions(std::string_view text, std::array<std::uint64_t, kStateCount>& actions) {
  while (!text.empty()) {
    std::string_view names = take(text, "; ");
    std::string_view from = take(names, ": ");
    const std::uint64_t bits = actions_of(names);
    if (from == "all") {
      actions.fill(bits);
      continue;
    }
    while (!from.empty()) actions[static_cast<std::size_t>(state_of(take(from, " ")))] = bits;
  }
}

constexpr Tables make_tables() {
  Tables tables;
  for (std::size_t i = 0; i < kInputCount; ++i) {
    if (static_cast<std::size_t>(kRows[i].input) != i) throw "rows of the controller's table are out of order";
    for (std::size_t s = 0; s < kStateCount; ++s) tables.next[i][s] = static_cast<State>(s);
    read_next(kRows[i].next, tables.next[i]);
    read_actions(kRows[i].actions, tables.actions[i]);
  }
  return tables;
}

constexpr Tables kTables = make_tables();

constexpr std::array<std::string_view, kStateCount> kStateNames = {
    "S_STARTING",      "S_PENDING",           "S_ELECTION", "S_INTEGRATION", "S_FINALIZE_JOIN",
    "S_POLICY_ENGINE", "S_TRANSITION_ENGINE", "S_IDLE",     "S_NOT_DC",      "S_RELEASE_DC",
    "S_RECOVERY",      "S_STOPPING",          "S_TERMINATE"};

constexpr std::array<std::string_view, kInputCount> kInputNames = {"I_NULL",
                                                                   "I_DC_TIMEOUT",
                                                                   "I_ELECTION",
                                                                   "I_PE_CALC",
                                                                   "I_RELEASE_DC",
                                                                   "I_ELECTION_DC",
                                                                   "I_ERROR",
                                                                   "I_FAIL",
                                                                   "I_INTEGRATED",
                                                                   "I_FINALIZED",
                                                                   "I_NODE_JOIN",
                                                                   "I_NOT_DC",
                                                                   "I_RELEASE_SUCCESS",
                                                                   "I_TE_SUCCESS",
                                                                   "I_ROUTER",
                                                                   "I_SHUTDOWN",
                                                                   "I_STOP",
                                                                   "I_TERMINATE",
                                                                   "I_STARTUP",
                                                                   "I_PE_SUCCESS",
                                                                   "I_JOIN_OFFER",
                                                                   "I_JOIN_REQUEST",
                                                                   "I_JOIN_RESULT",
                                                                   "I_WAIT_FOR_EVENT",
                                                                   "I_PENDING"};

constexpr std::array<std::string_view, 8> kCauseNames = {
    "C_STARTUP",      "C_IPC_MESSAGE", "C_HA_MESSAGE",   "C_CRMD_STATUS_CALLBACK",
    "C_TIMER_POPPED", "C_SHUTDOWN",    "C_FSA_INTERNAL", "C_UNKNOWN"};

}  // namespace

ActionSet startup_actions() {
  return ActionSet::from(actions_of("STARTUP+CIB_START+LRM_CONNECT+HA_CONNECT+READCONFIG+STARTED+CL_JOIN_QUERY"));
}

State next_state(Input input, State state) {
  return kTables.next[static_cast<std::size_t>(input)][static_cast<std::size_t>(state)];
}

ActionSet table_actions(Input input, State state) {
  return ActionSet::from(kTables.actions[static_cast<std::size_t>(input)][static_cast<std::size_t>(state)]);
}

std::string_view state_name(State state) { return kStateNames[static_cast<std::size_t>(state)]; }
std::string_view input_name(Input input) { return kInputNames[static_cast<std::size_t>(input)]; }
std::string_view cause_name(Cause cause) { return kCauseNames[static_cast<std::size_t>(cause)]; }

}  // namespace simcluster::controller
