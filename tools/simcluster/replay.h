// `simcluster replay`: crm_simulate's options, output and exit codes (S5 chapter M).
#pragma once

namespace simcluster::tools {

// argv[0] is the name shown in messages. Returns the exit status.
int replay_main(int argc, char** argv);

}  // namespace simcluster::tools
