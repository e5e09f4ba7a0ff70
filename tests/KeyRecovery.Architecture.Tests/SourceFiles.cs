using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>Files stay small and hold what their name says.</summary>
public partial class SourceFiles
{
    private const int MaxLines = 400;
    private const string Sdk = "src/KeyRecovery.Client/";
    private const string Injection = "src/KeyRecovery.Client.DependencyInjection/";

    private const string Protocol = "src/KeyRecovery.Protocol/";

    private const string Everyday = "KeyRecovery";

    /// <summary>
    /// Files that may hold more than one public type: closed families of a few lines, which are read together.
    /// </summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        [Protocol + "Http/HttpSignature.cs"] = "what is signed of a request, and what is read of a signature",
        [Protocol + "Primitives/SecretBytes.cs"] = "with the delegate that fills it",
        [Protocol + "Primitives/XWing.cs"] = "both halves of an X-Wing key",
        [Protocol + "Vault/AccountHead.cs"] = "a head, signed, and what two of them differ in",
        [Protocol + "Vault/Chain.cs"] = "a chain, who is in it, and a place of it",
        [Protocol + "Vault/EpochKeys.cs"] = "the key of one epoch, and those that it leads to",
        [Protocol + "Vault/EpochPath.cs"] = "a path, its steps, and where one begins",
        [Protocol + "Vault/Keyset.cs"] = "a keyset, its entries, and the seals that keysets sum up to",
        [Protocol + "Vault/Manifest.cs"] = "the table, its rows, and a place among manifests",
        [Protocol + "Vault/RestoredClaims.cs"] = "a claim, signed, and what it is told of",
        [Protocol + "Vault/Trails.cs"] = "a trail as it is told and as it is remembered, its gaps, and a fork of two",
        [Protocol + "Vault/SealedItem.cs"] = "an item outside and inside",
        [Protocol + "Wire/Ids.cs"] = "ids of 16 bytes and the key ids that are written of them",
        [Protocol + "Wire/WireFormatException.cs"] = "bytes that do not read, and those of a later version",
    };

    [Fact]
    public void Every_source_file_is_shorter_than_400_lines()
    {
        var files = Repository.Files("src");
        Assert.True(files.Count > 80);
        Assert.All(
            files, file => Assert.True(
                Repository.Lines(file).Length < MaxLines, $"{file} has {Repository.Lines(file).Length} lines"));
    }

    [Fact]
    public void A_source_file_holds_one_public_type_and_is_named_after_it()
    {
        foreach (var file in Repository.Files("src").Where(file => !Exceptions.ContainsKey(file)))
        {
            var types = PublicTypes(Repository.Lines(file)).Distinct().ToList();
            Assert.True(types.Count <= 1, $"{file} holds {string.Join(", ", types)}");
            if (types is [var type])
                Assert.True(Path.GetFileName(file).Split('.')[0] == type, $"{file} holds {type}");
        }

        Assert.Equal(["A", "B", "C", "D", "E"], PublicTypes(
            ["public class A", "public static partial class B", "public readonly record struct C(int X);",
                "public delegate void D<T>(T x);", "public enum E", "internal class F", "    public class G"]));
    }

    [Fact]
    public void An_exception_has_a_reason_and_is_needed()
    {
        foreach (var (file, reason) in Exceptions)
        {
            Assert.NotEmpty(reason);
            Assert.True(PublicTypes(Repository.Lines(file)).Distinct().Count() > 1, $"{file} needs no exception");
        }
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        foreach (var file in Repository.Files("src"))
        {
            var declared = Repository.Lines(file).Select(line => NamespaceLine().Match(line))
                .FirstOrDefault(match => match.Success);
            if (declared is null) continue;
            // What an app uses of the SDK is found by one using, in whatever folder it lies; so are the types of the
            // protocol that its calls take and give.
            var isSeen = PublicTypes(Repository.Lines(file)).Any();
            var (own, name) = (string.Join('.', file.Split('/')[1..^1]), declared.Groups[1].Value);
            // Whoever writes `services.` sees it, as every library's.
            if (file.EndsWith("ServiceCollectionExtensions.cs", StringComparison.Ordinal))
                own = "Microsoft.Extensions.DependencyInjection";
            else if (file.StartsWith(Injection, StringComparison.Ordinal) && isSeen) own = Everyday;
            Assert.True(
                file.StartsWith(Sdk, StringComparison.Ordinal) && isSeen ? name == Everyday
                : name == own || (name == Everyday && isSeen && file.StartsWith(Protocol, StringComparison.Ordinal)),
                $"{file} declares {name}");
        }
    }

    private static IEnumerable<string> PublicTypes(IEnumerable<string> lines) =>
        lines.Select(line => TypeLine().Match(line)).Where(match => match.Success)
            .Select(match => match.Groups["name"].Value);

    // Namespaces are file-scoped, so that a type of its own begins in the first column.
    [GeneratedRegex(
        @"^public (?:(?:sealed|abstract|static|readonly|partial|ref|unsafe) )*(?:class|record struct|"
        + @"record class|record|struct|interface|enum|delegate \S+) (?<name>\w+)")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^namespace ([\w.]+);")]
    private static partial Regex NamespaceLine();
}
