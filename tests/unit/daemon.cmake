tidemark_test(daemon_exposition_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_exposition_test.cc
              LIBS tidemark_serve ZLIB::ZLIB LABELS unit)
tidemark_test(daemon_http_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_http_test.cc LIBS tidemark_serve LABELS unit)
tidemark_test(daemon_parts_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_parts_test.cc LIBS tidemark_serve LABELS unit)
tidemark_test(daemon_replay_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_replay_test.cc LIBS tidemark_replay LABELS unit)
tidemark_test(daemon_sorted_events_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_sorted_events_test.cc LIBS tidemark_replay LABELS unit)
tidemark_test(daemon_cli_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_cli_test.cc LIBS tidemark_cli LABELS unit)
tidemark_test(daemon_scenario_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_scenario_test.cc LIBS tidemark_daemon LABELS unit)
target_compile_definitions(daemon_scenario_test PRIVATE TIDEMARK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
tidemark_test(daemon_explain_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_explain_test.cc LIBS tidemark_cli tidemark_proto LABELS unit)
tidemark_test(daemon_erase_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_erase_test.cc ${CMAKE_CURRENT_LIST_DIR}/../property/oracle.cc
              LIBS tidemark_cli tidemark_proto LABELS unit)
tidemark_test(daemon_client_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_client_test.cc LIBS tidemark_cli LABELS unit)
tidemark_test(daemon_config_watch_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_config_watch_test.cc LIBS tidemark_daemon LABELS unit)
