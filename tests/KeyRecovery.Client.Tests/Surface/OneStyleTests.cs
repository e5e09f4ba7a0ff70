using System.ComponentModel;
using System.Reflection;

namespace KeyRecovery.Client.Tests.Surface;

/// <summary>
/// What may be refused is told in one way: a closed result that says why, and that <c>TryGet</c> takes apart. What a
/// machine wrote, an id or a record, is read by a method that begins with <c>Try</c>. Nothing gives a pair of a value
/// and a fault, of which one is null.
/// </summary>
public sealed class OneStyleTests
{
    private static readonly Type[] Everyday =
    [
        .. new[] { typeof(KeyRecoveryClient).Assembly, typeof(AccountId).Assembly }
            .SelectMany(assembly => assembly.GetExportedTypes()).Where(type => type.Namespace == "KeyRecovery"),
    ];

    [Fact]
    public void Nothing_that_an_app_sees_gives_a_pair_or_throws_for_what_people_type()
    {
        Assert.True(Everyday.Length > 100);
        Assert.Empty(Everyday.SelectMany(MethodsOf).Where(IsOfAnotherStyle).Select(NameOf));
        Assert.Equal(
            ["AsIs", "Parse", "Read", "TryParse"],
            MethodsOf(typeof(Other)).Where(IsOfAnotherStyle).Select(method => method.Name).Order());
    }

    [Fact]
    public void Each_closed_result_is_taken_apart_the_same_way()
    {
        var results = Everyday.Where(IsResult).ToList();
        Assert.Equal(
            ["LinkCodeParse", "PassphraseParse", "RecoveryCodeParse", "Result`1", "TypedLinkCodeParse"],
            results.Select(type => type.Name).Order(StringComparer.Ordinal));
        Assert.All(results, type =>
        {
            var (value, why) = Assert.Single(
                MethodsOf(type), method => method.Name == "TryGet").GetParameters() is [var first, var second]
                ? (first, second) : throw new InvalidOperationException(type.Name);
            Assert.True(value.IsOut && why.IsOut && type.IsAbstract);
            Assert.Contains("Ok", type.GetNestedTypes().Select(nested => nested.Name.Split('`')[0]));
        });
    }

    [Fact]
    public void Whichever_it_is_one_side_is_there()
    {
        Assert.True(RecoveryCode.Parse(RecoveryCode.Generate().ToDisplayString()).TryGet(out var code, out var unread));
        Assert.Null(unread);
        code.Dispose();
        Assert.False(RecoveryCode.Parse("").TryGet(out code, out unread));
        Assert.Null(code);
        Assert.IsType<RecoveryCodeParse.WrongLength>(unread);
        Assert.False(LinkCode.Parse("https://example.org").TryGet(out var link, out var notOne));
        Assert.Null(link);
        Assert.IsType<LinkCodeParse.NotALinkCode>(notOne);
        Assert.False(TypedLinkCode.Parse("").TryGet(out var typed, out var mistyped));
        Assert.Null(typed);
        Assert.IsType<TypedLinkCodeParse.WrongLength>(mistyped);
        Assert.True(Passphrase.Parse("correct horse").TryGet(out var passphrase, out var refused));
        Assert.Null(refused);
        passphrase.Dispose();
        Assert.False(Passphrase.Parse(" ").TryGet(out passphrase, out refused));
        Assert.Equal((null, PassphraseFault.Empty), (passphrase, refused.Fault));
    }

    private static IEnumerable<MethodInfo> MethodsOf(Type type) => type.GetMethods(
        BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => !method.IsSpecialName
            && method.GetCustomAttribute<EditorBrowsableAttribute>()?.State != EditorBrowsableState.Never);

    private static bool IsOfAnotherStyle(MethodInfo method) =>
        IsPair(method.ReturnType) || method.ReturnType.GetGenericArguments().Any(IsPair)
        || (method.Name.StartsWith("Try", StringComparison.Ordinal) && method.ReturnType != typeof(bool))
        || (method.Name.StartsWith("Parse", StringComparison.Ordinal) && !IsResult(method.ReturnType));

    // A pair in which something may be missing: two figures that are always there are none.
    private static bool IsPair(Type type) =>
        type.IsGenericType && type.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal)
        && type.GetGenericArguments().Any(part => !part.IsValueType);

    private static bool IsResult(Type type) =>
        type == typeof(Result<>) || (type is { IsNested: false, IsAbstract: true }
            && type.Name.EndsWith("Parse", StringComparison.Ordinal));

    private static string NameOf(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";

    private static class Other
    {
        public static (string? Value, int Fault) Read(string text) => (text, 0);

        public static Task<(string? Value, int Fault)> AsIs(string text) => Task.FromResult(Read(text));

        public static Uri Parse(string text) => new(text);

        public static string? TryParse(string text) => text;

        public static bool TryRead(string text, out string read) => (read = text).Length > 0;

        public static (int Done, int Of) Count() => (1, 2);
    }
}
