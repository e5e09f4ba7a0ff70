using Xunit;
using Xunit.Sdk;

namespace KeyRecovery.Testing.Needs;

/// <summary>
/// A test of a contract, which runs in each class that is to keep it, and is skipped where the machine lacks what that
/// class needs.
/// </summary>
[XunitTestCaseDiscoverer("KeyRecovery.Testing.Needs." + nameof(ContractDiscoverer), "KeyRecovery.Testing")]
public sealed class ContractFactAttribute : FactAttribute;
