using System.Diagnostics;
using System.Reflection;
using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>A code, a state or a bundle that reaches a log or a debugger.</summary>
public class LinkSecrets
{
    [Fact]
    public void Every_type_of_linking_that_holds_a_secret_is_redacted()
    {
        var types = typeof(LinkCode).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(ExistingDisplaying).Namespace
                || (type.Namespace == typeof(LinkCode).Namespace
                    && type.Name.Contains("Link", StringComparison.Ordinal)))
            .Where(type => type.IsPublic && !type.IsAbstract)
            .Where(type => type.IsAssignableTo(typeof(IDisposable)) || type == typeof(LinkDigits)).ToList();
        Assert.Equal(21, types.Count);
        foreach (var type in types)
        {
            Assert.True(type.IsSealed, type.Name);
            Assert.Equal("[redacted]", type.GetCustomAttribute<DebuggerDisplayAttribute>()?.Value);
        }
    }

    [Fact]
    public void Codes_digits_states_and_results_print_nothing()
    {
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, new TestRandom(1));
        using var typed = TypedLinkCode.Generate(new TestRandom(2));
        var (connected, rogue) = LinkRogue.Existing();
        foreach (var secret in new object[] { displaying, displaying.Code, typed, connected, connected.Digits, rogue })
            Assert.Equal("[redacted]", secret.ToString());

        Assert.Equal("Ok { Code = [redacted] }", new TypedLinkCodeParse.Ok(typed).ToString());
        Assert.Equal("Ok { Code = [redacted] }", LinkCode.Parse(displaying.Code.ToQrText()).ToString());
        Assert.Equal(
            "Next { State = [redacted], Message = System.ReadOnlyMemory<Byte>[1] }",
            new LinkStep<NewConnected>.Next(connected, new byte[1]).ToString());
    }

    [Fact]
    public void Disposed_codes_say_nothing_any_more()
    {
        var typed = TypedLinkCode.Generate(new TestRandom(2));
        typed.Dispose();
        Assert.Throws<ObjectDisposedException>(typed.ToDisplayString);
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, new TestRandom(1));
        var code = Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(displaying.Code.ToQrText())).Code;
        code.Dispose();
        Assert.Throws<ObjectDisposedException>(code.DeriveJoinToken);
    }
}
