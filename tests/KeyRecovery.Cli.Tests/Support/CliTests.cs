namespace KeyRecovery.Cli.Tests.Support;

/// <summary>The collection that shares a server: one test after the other. What takes long has its own.</summary>
[CollectionDefinition(Name)]
public sealed class CliTests : ICollectionFixture<CliFixture>
{
    /// <summary>Its name.</summary>
    public const string Name = "command line";
}
