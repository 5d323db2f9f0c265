tidemark_test(generate_text_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_text_test.cc LIBS tidemark_generate tidemark_config LABELS unit)
tidemark_test(generate_dashboard_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_dashboard_test.cc LIBS tidemark_generate tidemark_config LABELS unit)
tidemark_test(generate_rules_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_rules_test.cc LIBS tidemark_generate tidemark_config LABELS unit)
