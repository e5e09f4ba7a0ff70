using KeyRecovery.Api.Hosting;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Tests.Options;

/// <summary>Which powers the settings give an operator.</summary>
public sealed class OperatorScopeOptionsTests
{
    [Fact]
    public void An_operator_may_file_erasures_and_nothing_else_where_no_scope_is_named()
    {
        var options = Server.ReadOptions(WithOperator());
        Assert.Equal(["keyrecovery.erase"], Assert.Single(options.Operators).Granted);
    }

    [Fact]
    public void An_operator_whose_scopes_are_named_has_those_alone()
    {
        var options = Server.ReadOptions(WithOperator("keyrecovery.hold", "keyrecovery.move"));
        Assert.Equal(["keyrecovery.hold", "keyrecovery.move"], Assert.Single(options.Operators).Granted);
    }

    [Theory]
    [InlineData("keyrecovery.*")]
    [InlineData("keyrecovery.Erase")]
    [InlineData("keyrecovery.erase ")]
    [InlineData("")]
    public void What_is_no_scope_is_refused_by_its_key(string word)
    {
        var refused = Assert.Throws<OptionsValidationException>(
            () => Server.ReadOptions(WithOperator("keyrecovery.erase", word)));
        Assert.Contains("KeyRecovery:Operators:0:Scopes:1 is one of keyrecovery.erase, keyrecovery.events, ",
            refused.Message, StringComparison.Ordinal);
    }

    private static string[] WithOperator(params string[] scopes) =>
    [
        "--environment", "Development", "--KeyRecovery:Operators:0:App=demo",
        "--KeyRecovery:Operators:0:Issuer=urn:keyrecovery:development", "--KeyRecovery:Operators:0:Audience=officers",
        .. scopes.Select((scope, i) => $"--KeyRecovery:Operators:0:Scopes:{i}={scope}"),
    ];
}
