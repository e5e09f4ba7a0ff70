using System.Reflection;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Client.Tests.Recovery;

/// <summary>
/// Z14: whoever lures a person into showing their recovery code has to lure them to the paper. No call of the SDK gives
/// a code, or what it derives, after its creation: there is nothing to be shown.
/// </summary>
public sealed class ShownOnceTests
{
    private static readonly Type[] Secrets = [typeof(RecoveryCode), typeof(SlotKeys)];

    // What the caller gives: options that hold the code which the app has just drawn, and the drawing.
    private static readonly string[] Given =
        ["CreateOptions.Code", "RecoveryCodes.Generate", "RevocationRequest.NewCode"];

    // From randomness, from what a person typed, and what comes of these.
    private static readonly string[] Made =
    [
        "PassphraseSlot.DeriveKeys", "RecoveryCode.DeriveSlot", "RecoveryCode.Generate", "RecoveryCodeParse+Ok.Code",
        "RecoveryCodeParse.TryGet",
    ];

    [Fact]
    public void Z14_no_call_of_the_SDK_gives_a_code() =>
        Assert.Equal(Given, Giving(typeof(KeyRecoveryClient).Assembly.GetExportedTypes()));

    [Fact]
    public void Z14_the_protocol_makes_codes_of_randomness_and_of_what_is_typed_alone() =>
        Assert.Equal(Made, Giving(typeof(RecoveryCode).Assembly.GetExportedTypes()));

    [Fact]
    public void Z14_a_device_keeps_no_code() =>
        Assert.Equal(
            ["KemSeed", "SigningSeed"],
            typeof(DeviceState).GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
                .Where(p => p.PropertyType == typeof(SecretBytes)).Select(p => p.Name).Order());

    [Fact]
    public void Negative_control_a_call_that_gives_one_is_found() =>
        Assert.Equal(["Careless.ShowAsync"], Giving([typeof(Careless)]).Select(m => m.Split('+')[^1]));

    // What the compiler writes beside an extension's members only repeats them.
    private static string[] Giving(IEnumerable<Type> types) =>
    [
        .. types.Where(type => !type.Name.Contains('<', StringComparison.Ordinal)).SelectMany(type => type.GetMembers(
                BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => Outputs(member).Any(Mentions))
            .Select(member => $"{type.FullName![(type.Namespace!.Length + 1)..]}.{member.Name}")
            .Where(name => !name.Contains(".get_", StringComparison.Ordinal)
                && !name.Contains(".set_", StringComparison.Ordinal)
                && !name.EndsWith(".Deconstruct", StringComparison.Ordinal))).Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<Type> Outputs(MemberInfo member) => member switch
    {
        MethodInfo method =>
            [method.ReturnType, .. method.GetParameters().Where(p => p.IsOut).Select(p => p.ParameterType)],
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        _ => [],
    };

    private static bool Mentions(Type type) =>
        Secrets.Contains(type) || (type.HasElementType && Mentions(type.GetElementType()!))
        || type.GetGenericArguments().Any(Mentions);

    /// <summary>An SDK that could be asked for the code.</summary>
    public sealed class Careless
    {
        /// <summary>Gives it.</summary>
        public static Task<Result<RecoveryCode>> ShowAsync() => throw new NotSupportedException();
    }
}
