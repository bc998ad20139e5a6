"""What a build learns from the views: the classifiers over all views and over each, and what people requested."""
