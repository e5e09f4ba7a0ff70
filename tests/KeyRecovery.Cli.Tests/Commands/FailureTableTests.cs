using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>
/// The one table of causes, read from the built program: each failure of the SDK, each problem of the protocol and each
/// cause of the network has a key of its own, and tells what to do.
/// </summary>
public sealed class FailureTableTests
{
    // Those that have none, and why.
    private static readonly FrozenDictionary<string, string> NoAdvice = new Dictionary<string, string>
    {
        ["invalid"] = "its message says what is wrong with what was given",
    }.ToFrozenDictionary();

    private static readonly Type Table = Assembly.LoadFrom(CommandLine.Program)
        .GetType("KeyRecovery.Cli.Invocation.FailureText", throwOnError: true)!;

    private static readonly MethodInfo KeyOf =
        Table.GetMethod("Key", BindingFlags.Static | BindingFlags.Public, [typeof(ClientFailure)])!;

    private static readonly MethodInfo AdviceOf = Table.GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
        .Single(m => m.Name == "Advice" && m.GetParameters().Length == 2);

    private static readonly object Context = MakeContext();

    private static IEnumerable<ClientFailure> Failures =>
    [
        .. typeof(ClientFailure).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(ClientFailure))).Select(Make),
        .. Enum.GetValues<NetworkCause>().Select(c => new ClientFailure.Transient("why", null) { Cause = c }),
        .. typeof(ProblemTypes).GetFields().Where(f => f.Name != nameof(ProblemTypes.Prefix))
            .Select(f => new ClientFailure.Refused((string)f.GetValue(null)!, "title", null)),
        .. ((string[])["items", "items.size", "account.size", "kept.size", "commits", "links", "additions", "active",
            "young.commits", "young.links", "young.additions", "sessions", "slots", "registrations", "of tomorrow"])
            .Select(f => new ClientFailure.Refused(ProblemTypes.LimitReached, "title", f) { Limit = 1, Used = 1 }),
    ];

    [Fact]
    public void Each_cause_tells_what_to_do()
    {
        var silent = Failures.Where(f => Advice(f).All(string.IsNullOrWhiteSpace)).Select(Key).ToHashSet();
        Assert.Equal(NoAdvice.Keys.Order(), silent.Order());
        Assert.All(Failures, f => Assert.False(string.IsNullOrWhiteSpace(f.Message)));
    }

    [Fact]
    public void Each_cause_of_the_network_tells_more_than_to_try_again()
    {
        var general = Advice(new ClientFailure.Transient("why", null)).Length;
        foreach (var cause in Enum.GetValues<NetworkCause>().Where(c => c != NetworkCause.Unknown))
            Assert.True(
                Advice(new ClientFailure.Transient("why", null) { Cause = cause }).Length > general, cause.ToString());
    }

    [Fact]
    public void Keys_are_of_small_letters_and_none_is_of_two_causes()
    {
        var keys = Failures.Where(f => f is not ClientFailure.Refused { Field: "of tomorrow" }).Select(Key).ToList();
        Assert.All(keys, key => Assert.Matches("^[a-z0-9-]+([.][a-z0-9-]+)*$", key));
        // Two ways lead to each of these: the SDK's own failure, and what the protocol calls it.
        string[] both =
            ["revoked", "erased", "vault-lost", "link-contested", "conflict", "guess-wait", "transient.unknown"];
        Assert.Equal(both.Order(), keys.GroupBy(k => k).Where(g => g.Count() > 1).Select(g => g.Key).Order());
    }

    [Fact]
    public void Negative_control_a_failure_that_nobody_knows_is_silent() =>
        Assert.Empty(Advice(new ClientFailure.Invalid("why")));

    private static string Key(ClientFailure failure) => (string)KeyOf.Invoke(null, [failure])!;

    private static string[] Advice(ClientFailure failure) => (string[])AdviceOf.Invoke(null, [failure, Context])!;

    // Of a command that was given a server and an app, and reads no home.
    private static object MakeContext()
    {
        var context = RuntimeHelpers.GetUninitializedObject(AdviceOf.GetParameters()[1].ParameterType);
        foreach (var (field, value) in ((string, object)[])[("_givenServer", new Uri("https://x")), ("_givenApp", "a")])
            context.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(context, value);
        return context;
    }

    private static ClientFailure Make(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        return (ClientFailure)constructor.Invoke([.. constructor.GetParameters().Select(p => Sample(p.ParameterType))]);
    }

    private static object? Sample(Type type) => type switch
    {
        _ when type == typeof(string) => "some-thing",
        _ when type == typeof(ClientFailure) => new ClientFailure.Revoked(),
        _ when type == typeof(Exception) => new InvalidOperationException(),
        _ when Nullable.GetUnderlyingType(type) is not null => null,
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) =>
            type.GetField(nameof(ImmutableArray<int>.Empty))!.GetValue(null),
        { IsValueType: true } => Activator.CreateInstance(type),
        _ => throw new NotSupportedException($"{type}: how is one made?"),
    };
}
