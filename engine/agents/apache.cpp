// ocf:heartbeat:apache (AT-4.9), in the order and the words of resource-agents 4.12, black-box runs.
#include <array>
#include <string>

#include <fmt/core.h>
#include <regex.h>

#include "engine/agents/daemon.h"
#include "engine/agents/ocf.h"
#include "engine/agents/services.h"

namespace simcluster::agents {
namespace {

constexpr int kSigterm = 15;
constexpr int kSigwinch = 28;  // ends the server when its requests are answered
constexpr std::int64_t kGracefulWithoutTimeout = 10;
constexpr std::int64_t kMostAfterTerm = 10;
constexpr Duration kServerStart = milliseconds(600);
constexpr std::string_view kDocumentRoot = "/var/www/html";
constexpr std::string_view kStatusPath = "/server-status";
constexpr std::string_view kStatusRegex = "</ *html *>";

std::string pid_file_of(const Environment& environment) {
  return fmt::format("/var/run/httpd-{}.pid", environment.instance);
}

std::string_view config_file(const Environment& environment) {
  return environment.get("configfile", "/etc/httpd/conf/httpd.conf");
}

std::string_view binary_of(const Environment& environment) { return environment.get("httpd", "/usr/sbin/httpd"); }

// The server: it has read its configuration some time after it was started, and writes its pid then.
//   arguments: PIDFILE
Task<int> httpd_server(System& system) {
  system.end_on(kSigwinch);
  co_await system.sleep(kServerStart);
  const std::string text = fmt::format("{}\n", system.pid());
  co_await system.write_file(system.environment().arguments.front(), text);
  co_return co_await plain_server(system);
}

// grep -Ei
bool page_has(const std::string& page, std::string_view expression) {
  regex_t regex;
  if (regcomp(&regex, std::string(expression).c_str(), REG_EXTENDED | REG_NOSUB | REG_ICASE) != 0) return false;
  const bool found = regexec(&regex, page.c_str(), 0, nullptr, 0) == 0;
  regfree(&regex);
  return found;
}

// The path of "http://localhost:80/app/ping?full".
std::string path_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    const auto path = url.find('/', scheme + 3);
    url = path == std::string_view::npos ? "/" : url.substr(path);
  }
  return std::string(url.substr(0, url.find('?')));
}

// What the server that lives here answers: a file below its document root, its own status, or an error page. The
// clients print whatever comes.
Task<std::string> fetch(System& system, std::string_view url) {
  const std::string line = fmt::format("{} {}", system.environment().get("client", "wget"), url);
  co_await system.execute(line);
  const std::string path = path_of(url);
  const std::string file = fmt::format("{}{}", kDocumentRoot, path);
  const auto page = co_await read_file(system, file);
  if (page) co_return *page;
  if (path == kStatusPath) co_return "<html><head><title>Apache Status</title></head></html>\n";
  co_return "<html><head><title>404 Not Found</title></head></html>\n";
}

Task<int> check_page(System& system, std::string_view url, std::string_view expression) {
  const std::string page = co_await fetch(system, url);
  if (page_has(page, expression)) co_return kOcfSuccess;
  co_await ocf_exit_reason(system, "Failed to access httpd status page.");
  co_return kOcfErrGeneric;
}

Task<int> apache_monitor(System& system) {
  const Environment& environment = system.environment();
  const DaemonState server = co_await look_at_daemon(system, pid_file_of(environment));
  if (!server.pid) {
    co_await ocf_log(system, LogPriority::kInfo, "apache not running");
    co_return kOcfNotRunning;
  }
  if (parse_number(environment.get("OCF_CHECK_LEVEL", "0")).value_or(0) < 10) {
    const std::string status = fmt::format("http://localhost{}", kStatusPath);
    co_return co_await check_page(system, environment.get("statusurl", status),
                                  environment.get("testregex", kStatusRegex));
  }
  const std::string_view url = environment.get("testurl");
  const std::string_view expression = environment.get("testregex10");
  if (url.empty() || expression.empty()) {
    co_await ocf_log(system, LogPriority::kError, "test regular expression or test url empty");
    co_return kOcfErrConfigured;
  }
  co_return co_await check_page(system, url, expression);
}

Task<int> apache_start(System& system) {
  const Environment& environment = system.environment();
  const std::string pid_file = pid_file_of(environment);
  const DaemonState before = co_await look_at_daemon(system, pid_file);
  if (before.pid) {
    co_await ocf_log(system, LogPriority::kInfo, fmt::format("apache already running (pid {})", *before.pid));
    co_return kOcfSuccess;
  }
  if (before.has_file) co_await system.remove_file(pid_file);
  const std::string_view path = binary_of(environment);
  const std::array<std::string, 1> arguments = {pid_file};
  BackgroundProgram server;
  server.name = path.substr(path.rfind('/') + 1);
  server.main = httpd_server;
  server.arguments = arguments;
  server.own_session = true;
  co_await system.spawn(server);
  // For ever: the operation's time-out ends it.
  for (;;) {
    const int now = co_await apache_monitor(system);
    if (now != kOcfNotRunning) co_return now;
    co_await ocf_log(system, LogPriority::kInfo,
                     fmt::format("waiting for apache {} to come up", config_file(environment)));
    co_await system.sleep(seconds(1));
  }
}

// Polls once a second; false: it lives after so many.
Task<bool> is_gone(System& system, std::int32_t pid, std::int64_t polls) {
  for (std::int64_t i = 0; i < polls; ++i) {
    co_await system.sleep(seconds(1));
    const bool alive = co_await system.kill_process(pid, 0);
    if (!alive) co_return true;
  }
  co_return false;
}

Task<int> apache_stop(System& system) {
  const Environment& environment = system.environment();
  const std::string pid_file = pid_file_of(environment);
  const DaemonState server = co_await look_at_daemon(system, pid_file);
  if (!server.pid) {
    co_await ocf_log(system, LogPriority::kInfo, "apache is not running.");
    co_return kOcfSuccess;
  }
  const auto timeout = parse_number(environment.get("CRM_meta_timeout"));
  const std::int64_t patience = timeout ? *timeout / 2000 : kGracefulWithoutTimeout;
  co_await ocf_log(system, LogPriority::kInfo, fmt::format("Attempting graceful stop of apache PID {}", *server.pid));
  co_await system.kill_process(*server.pid, kSigwinch);
  bool gone = co_await is_gone(system, *server.pid, patience);
  if (!gone) {
    co_await ocf_log(system, LogPriority::kInfo, fmt::format("Killing apache PID {}", *server.pid));
    co_await system.kill_process(*server.pid, kSigterm);
    gone = co_await is_gone(system, *server.pid, kMostAfterTerm);
  }
  if (!gone) {
    co_await ocf_exit_reason(system, fmt::format("apache still running ({}). Killing pid failed.", *server.pid));
    co_return kOcfErrGeneric;
  }
  co_await system.remove_file(pid_file);
  co_await ocf_log(system, LogPriority::kInfo, "apache stopped.");
  co_return kOcfSuccess;
}

// Without a server nothing can run: probes and stops are content with that.
Task<int> without_server(System& system) {
  const Environment& environment = system.environment();
  co_await ocf_exit_reason(system, "apache httpd program not found");
  constexpr std::string_view kText = "environment is invalid, resource considered stopped";
  if (environment.is_probe() || environment.action == "stop") {
    co_await ocf_log(system, LogPriority::kInfo, kText);
    co_return environment.action == "stop" ? kOcfSuccess : kOcfNotRunning;
  }
  co_await ocf_exit_reason(system, kText);
  co_return environment.action == "monitor" ? kOcfErrGeneric : kOcfErrInstalled;
}

constexpr std::array kParameters = {
    ParameterMetadata{"configfile", "string", "/etc/httpd/conf/httpd.conf", false, true, "configuration file path",
                      "The configuration file of the server."},
    ParameterMetadata{"httpd", "string", "/usr/sbin/httpd", false, false, "httpd binary path",
                      "The program that is the server."},
    ParameterMetadata{"port", "integer", "", false, false, "httpd port", "Where the status page is asked for."},
    ParameterMetadata{"statusurl", "string", "", false, false, "url name", "The page that a monitor asks for."},
    ParameterMetadata{"testregex", "string", "", false, false, "monitor regular expression",
                      "What that page must have, in whatever case."},
    ParameterMetadata{"client", "string", "", false, false, "http client", "wget or curl."},
    ParameterMetadata{"testurl", "string", "", false, false, "test url",
                      "The page that a monitor of level 10 asks for."},
    ParameterMetadata{"testregex10", "string", "", false, false, "extended monitor regular expression",
                      "What that page must have, in whatever case."},
    ParameterMetadata{"options", "string", "", false, false, "command line options", "More options for the server."},
    ParameterMetadata{"use_ipv6", "boolean", "false", false, false, "use ipv6 with http clients", "Ask by IPv6."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 40},       ActionMetadata{"stop", 60},     ActionMetadata{"status", 30},
    ActionMetadata{"monitor", 20, 10}, ActionMetadata{"meta-data", 5}, ActionMetadata{"validate-all", 5},
};

}  // namespace

Task<int> apache(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    system.print(metadata_xml(apache_metadata()));
    co_return kOcfSuccess;
  }
  if (action != "start" && action != "stop" && action != "monitor" && action != "validate-all") {
    co_await ocf_exit_reason(system, fmt::format("{}: action not supported", action));
    co_return kOcfErrUnimplemented;
  }
  const std::string which = fmt::format("which {}", binary_of(environment));
  const CommandResult found = co_await system.execute(which);
  if (!found.ok()) co_return co_await without_server(system);
  if (action == "start") co_return co_await apache_start(system);
  if (action == "stop") co_return co_await apache_stop(system);
  if (action == "monitor") co_return co_await apache_monitor(system);
  co_return kOcfSuccess;
}

AgentMetadata apache_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "apache";
  metadata.short_text = "Manages an Apache Web server instance";
  metadata.long_text = "Runs a web server and asks it for a page.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
