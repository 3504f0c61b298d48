"""A virtual machine with simulated radios, real NetworkManager, supplicants and CAKE."""
