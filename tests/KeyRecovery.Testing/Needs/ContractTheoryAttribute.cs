using Xunit;
using Xunit.Sdk;

namespace KeyRecovery.Testing.Needs;

/// <summary>As <see cref="ContractFactAttribute"/>, with data.</summary>
[XunitTestCaseDiscoverer("KeyRecovery.Testing.Needs." + nameof(ContractDiscoverer), "KeyRecovery.Testing")]
public sealed class ContractTheoryAttribute : TheoryAttribute;
