using Azure.Identity;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Tests.Options;

public sealed class CosmosOptionsTests
{
    private static readonly (string Key, string Value)[] Accounts =
    [
        ("Store", "cosmos"),
        ("Cosmos:Data:Endpoint", "https://data.documents.azure.com/"),
        ("Cosmos:Data:Credential:Kind", "ManagedIdentity"),
        ("Cosmos:Keys:Endpoint", "https://keys.documents.azure.com"), ("Cosmos:Keys:Database", "other"),
        ("Cosmos:Keys:Credential:Kind", "WorkloadIdentity"),
    ];

    private static string[] Arguments(string environment, params IEnumerable<(string Key, string Value)> settings) =>
    [
        "--environment", environment,
        .. Accounts.Concat(settings).ToLookup(s => s.Key, s => s.Value)
            .SelectMany(s => new[] { $"--KeyRecovery:{s.Key}", s.Last() }),
    ];

    private static string Fault(params (string Key, string Value)[] settings) =>
        Assert.Throws<OptionsValidationException>(() => Server.ReadOptions(Arguments("Development", settings))).Message;

    [Fact]
    public void Two_accounts_are_stores_and_no_files()
    {
        var options = Server.ReadOptions(Arguments("Development"));
        var clock = new ServerClock(TimeProvider.System);
        var home = StoreHomes.Of(options, clock, NullLoggerFactory.Instance);
        Assert.Equal("https://data.documents.azure.com/keyrecovery", home.PlaceOf(StoreKind.Data));
        Assert.Equal("https://keys.documents.azure.com/other", home.PlaceOf(StoreKind.Keys));
        Assert.False(options.Cosmos.Data.Gateway);
        Assert.Throws<StoreOpenException>(() => StoreHomes.FilesOf(options, clock, NullLoggerFactory.Instance));
    }

    [Theory]
    [InlineData("Store", "mongo", "KeyRecovery:Store")]
    [InlineData("Cosmos:Data:Endpoint", "http://data.documents.azure.com/", "Cosmos:Data:Endpoint is https")]
    [InlineData("Cosmos:Keys:Endpoint", "https://DATA.documents.azure.com/", "the two stores have an account each")]
    [InlineData("Cosmos:Keys:Database", "a/b", "KeyRecovery:Cosmos:Keys:Database is a name")]
    [InlineData("Cosmos:Data:Credential:Kind", "Default", "KeyRecovery:Cosmos:Data:Credential:Kind")]
    [InlineData("Cosmos:Data:Credential:Kind", "", "KeyRecovery:Cosmos:Data:Credential:Kind is one of Key, Managed")]
    [InlineData("Cosmos:Data:Credential:Kind", "Key", "KeyRecovery:Cosmos:Data:Credential:Key is needed for Key")]
    [InlineData("Cosmos:Data:Credential:Kind", "ClientSecret", "Credential:ClientSecret is needed for ClientSecret")]
    [InlineData("Cosmos:Data:Credential:Kind", "ClientCertificate", "Credential:CertificateFile is needed")]
    [InlineData("Cosmos:Data:Credential:Key", "AAAA", "Credential:Key is of no use for ManagedIdentity")]
    [InlineData("Cosmos:Keys:Credential:ClientSecret", "s", "ClientSecret is of no use for WorkloadIdentity")]
    [InlineData("Cosmos:Data:Consistency", "Strong", "KeyRecovery:Cosmos:Data:Consistency is no setting.")]
    [InlineData("Cosmos:BudgetSeconds", "0", "Cosmos:BudgetSeconds")]
    [InlineData("Cosmos:AttemptSeconds", "21", "Cosmos:AttemptSeconds")]
    public void A_wrong_setting_is_named_by_its_key(string key, string value, string message) =>
        Assert.Contains(message, Fault((key, value)), StringComparison.Ordinal);

    [Fact]
    public void A_key_that_is_no_base64_is_told_without_it()
    {
        var fault = Fault(("Cosmos:Data:Credential:Kind", "Key"), ("Cosmos:Data:Credential:Key", "not=base64"));
        Assert.Contains("KeyRecovery:Cosmos:Data:Credential:Key is no base64", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("not=base64", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_of_accounts_are_not_looked_at_where_the_stores_are_files() => Assert.Equal(
        StoreChoice.Sqlite,
        Server.ReadOptions(["--environment", "Development", "--KeyRecovery:Cosmos:Data:Database", "a/b"]).Store);

    [Theory]
    [InlineData("Key", "Cosmos:Data:Credential:Key", "AAAA")]
    [InlineData("ClientSecret", "Cosmos:Data:Credential:ClientSecret", "hunter2")]
    public void F34_the_key_of_an_account_does_not_stand_on_the_command_line(string kind, string key, string value)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Server.ReadOptions(Arguments(
            "Production", ("Cosmos:Data:Credential:Kind", kind), (key, value),
            ("Cosmos:Data:Credential:TenantId", "t"), ("Cosmos:Data:Credential:ClientId", "c"))));
        Assert.Contains($"KeyRecovery:{key} stands on the command line", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(value, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Never a chain that tries the machine's metadata service beside it (Z18).</summary>
    [Fact]
    public void Each_kind_is_that_identity_and_no_chain()
    {
        AzureCredentialOptions Kind(AzureCredentialKind kind) => new()
        {
            Kind = kind, TenantId = "11111111-1111-1111-1111-111111111111", ClientId = "client", ClientSecret = "s",
            CertificateFile = "/none", TokenFile = "/none",
        };
        Assert.Null(AzureCredentials.Of(Kind(AzureCredentialKind.Key)));
        Assert.IsType<ManagedIdentityCredential>(AzureCredentials.Of(Kind(AzureCredentialKind.ManagedIdentity)));
        Assert.IsType<WorkloadIdentityCredential>(AzureCredentials.Of(Kind(AzureCredentialKind.WorkloadIdentity)));
        Assert.IsType<ClientSecretCredential>(AzureCredentials.Of(Kind(AzureCredentialKind.ClientSecret)));
        Assert.IsType<ClientCertificateCredential>(AzureCredentials.Of(Kind(AzureCredentialKind.ClientCertificate)));
    }
}
