double dec_expected_tokens(double alpha, int gamma);
int dec_optimal_gamma(double alpha, double cost_ratio, int most);
