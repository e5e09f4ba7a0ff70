using System.ComponentModel;
using System.Reflection;

namespace KeyRecovery.Client.Tests.Surface;

/// <summary>
/// <c>using KeyRecovery;</c> is all that everyday work needs: what an app sees there names nothing that lies deeper.
/// </summary>
public sealed class OneNamespaceTests
{
    // Public for another assembly of this repository, or for who writes another client: hidden from IntelliSense.
    private static readonly Dictionary<string, string> Deeper = new()
    {
        ["ContentKey.Create"] = "AccountIdentity.CreateKey has the account's keys",
        ["ContentKey.Grant"] = "AccountIdentity.Grant has the account's keys",
        ["ContentKey.ReKey"] = "AccountIdentity.ReKey has the account's keys",
        ["ContentKey.Open"] = "AccountIdentity.OpenKey has the account's keys",
        ["IdentityStatement.KemKey"] = "AccountIdentity.SealFor seals to it",
        ["IdentityStatement.Sign"] = "AccountIdentity says what was signed",
        ["LinkCode.SessionId"] = "the relay's",
        ["LogPolicy.Logs"] = "an app reads a policy, and an auditor looks into it",
        ["LogPolicy.Witnesses"] = "an app reads a policy, and an auditor looks into it",
        ["LogPolicy.Of"] = "an auditor's, of a key and no file",
        ["LogPolicy.IsQuorum"] = "a server's, before it publishes",
        ["LogPolicy.TryAccept"] = "the SDK's own check of a checkpoint",
        ["RecoveryCode.DeriveSlot"] = "the SDK's own step of a recovery",
        ["VerifyKey.Verify"] = "labels are the protocol's",
        ["SecretBytes.Take"] = "a writer's of CBOR",
        ["DeviceState..ctor"] = "a store keeps what Encode gives",
        ["DeviceState.Known"] = "a store keeps what Encode gives",
        ["DeviceState.With"] = "a store keeps what Encode gives",
        ["HomeEvidence.Trail"] = "evidence for an auditor's program",
    };

    private static IEnumerable<Type> Everyday =>
        new[] { typeof(KeyRecoveryClient).Assembly, typeof(AccountId).Assembly }
            .SelectMany(assembly => assembly.GetExportedTypes()).Where(type => type.Namespace == "KeyRecovery");

    [Fact]
    public void What_an_app_sees_names_nothing_of_another_namespace()
    {
        var deeper = Everyday.SelectMany(type => MembersOf(type).Where(IsDeeper)).ToList();

        Assert.Equal(Deeper.Keys.Order(StringComparer.Ordinal),
            deeper.Select(NameOf).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(deeper.Where(member => !IsHidden(member)).Select(NameOf));
        // An auditor's way to a log, which it hands to the protocol's own reader.
        Assert.Equal(["PublicLog"], Everyday.Where(type => BasesOf(type).Any(IsOfAnother)).Select(type => type.Name));
    }

    [Fact]
    public void The_types_that_everyday_calls_take_and_give_are_seen()
    {
        Assert.Superset(
            new HashSet<Type>
            {
                typeof(RecoveryCode), typeof(Passphrase), typeof(LinkCode), typeof(AccountId), typeof(AuthorityId),
                typeof(SafetyNumber), typeof(IdentityStatement), typeof(ContentKey), typeof(VaultSession),
            },
            Everyday.ToHashSet());
    }

    private static IEnumerable<MemberInfo> MembersOf(Type type) => type
        .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
            | BindingFlags.DeclaredOnly)
        .Where(member => member switch
        {
            // A property's are told by the property.
            MethodInfo method => IsSeen(method) && !(method.IsSpecialName
                && (method.Name.StartsWith("get_", StringComparison.Ordinal)
                    || method.Name.StartsWith("set_", StringComparison.Ordinal))),
            ConstructorInfo made => IsSeen(made),
            FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
            PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsSeen),
            _ => false,
        });

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsDeeper(MemberInfo member) => TypesOf(member).Any(IsOfAnother);

    private static IEnumerable<Type> TypesOf(MemberInfo member) => member switch
    {
        MethodInfo method => method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType),
        ConstructorInfo made => made.GetParameters().Select(p => p.ParameterType),
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        _ => [],
    };

    private static IEnumerable<Type> BasesOf(Type type) =>
        type.BaseType is { } from ? type.GetInterfaces().Append(from) : type.GetInterfaces();

    private static bool IsOfAnother(Type type) =>
        type.HasElementType ? IsOfAnother(type.GetElementType()!)
        : type.Namespace?.StartsWith("KeyRecovery.", StringComparison.Ordinal) is true
            || type.GetGenericArguments().Any(part => !part.IsGenericParameter && IsOfAnother(part));

    private static bool IsHidden(MemberInfo member) =>
        member.GetCustomAttribute<EditorBrowsableAttribute>() is { State: EditorBrowsableState.Never };

    private static string NameOf(MemberInfo member) => $"{member.DeclaringType!.Name}.{member.Name}";
}
