"""What is known of customers, buying and staying, as one page to read and to print."""
