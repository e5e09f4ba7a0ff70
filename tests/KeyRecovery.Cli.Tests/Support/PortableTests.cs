namespace KeyRecovery.Cli.Tests.Support;

/// <summary>
/// The tests that are always run on the portable build, though another one is named: everyday work, and what its
/// runtime has a part in, which are arguments, output, a crash, and the host that the demo starts.
/// </summary>
[CollectionDefinition(Name)]
public sealed class PortableTests : ICollectionFixture<PortableFixture>
{
    /// <summary>Its name.</summary>
    public const string Name = "portable build";
}

/// <summary>A server, and devices of the portable build.</summary>
public sealed class PortableFixture : CliFixture
{
    /// <inheritdoc/>
    protected override string? Executable => null;
}
