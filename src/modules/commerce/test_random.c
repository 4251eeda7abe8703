int test_random(void); int test_random(void) { return 0; }
