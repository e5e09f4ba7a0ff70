using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KeyRecovery.Testing.Needs;

/// <summary>Finds a contract's tests in a class, or one that is skipped for each.</summary>
public sealed class ContractDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        if (SkippedCase.ReasonOf(testMethod) is not null)
            return [new SkippedCase(diagnostics, discoveryOptions.MethodDisplayOrDefault(),
                discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)];
        IXunitTestCaseDiscoverer found = testMethod.Method.GetCustomAttributes(typeof(TheoryAttribute)).Any()
            ? new TheoryDiscoverer(diagnostics) : new FactDiscoverer(diagnostics);
        return found.Discover(discoveryOptions, testMethod, factAttribute);
    }

    private sealed class SkippedCase : XunitTestCase
    {
        public SkippedCase(
            IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
            : base(diagnostics, display, options, method) { }

        /// <summary>For the runner, which carries tests from one process to another.</summary>
        [Obsolete("for the runner alone")]
        public SkippedCase() { }

        public static string? ReasonOf(ITestMethod method) => method.TestClass.Class
            .GetCustomAttributes(typeof(NeedsOfClassAttribute))
            .Select(needs => Machine.Lacks(
                needs.GetNamedArgument<IReadOnlyList<Need>>(nameof(NeedsOfClassAttribute.Needs))))
            .FirstOrDefault(reason => reason is not null);

        protected override string GetSkipReason(IAttributeInfo factAttribute) => ReasonOf(TestMethod)!;
    }
}
