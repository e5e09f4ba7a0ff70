using System.Xml.Linq;

namespace KeyRecovery.Architecture.Tests;

/// <summary>What goes out carries its licence, and the notice of what in it is not ours.</summary>
public class Papers
{
    [Fact]
    public void Packages_and_published_folders_carry_the_licence_and_the_notices()
    {
        var root = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Root!;
        Assert.Equal("Apache-2.0", root.Descendants("PackageLicenseExpression").Single().Value);
        var carried = root.Descendants("None").Single(item => item.Attribute("Pack")?.Value == "true");
        Assert.Equal(
            ["LICENSE", "NOTICE"], carried.Attribute("Include")!.Value.Split(';').Select(path => path.Split(')')[^1]));
        Assert.Equal("PreserveNewest", carried.Attribute("CopyToPublishDirectory")!.Value);
        Assert.Contains("Version 2.0, January 2004", Read("LICENSE"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_embedded_and_not_ours_has_a_notice()
    {
        var embedded = Repository.Projects.SelectMany(project => XDocument
            .Load(Path.Combine(project.Folder, project.Name + ".csproj")).Descendants("EmbeddedResource")
            .Select(item => $"src/{project.Name}/{item.Attribute("Include")!.Value}")).ToList();
        Assert.Contains("src/KeyRecovery.Client/Passphrases/eff-large-wordlist.txt", embedded);
        var notice = Read("NOTICE");
        Assert.All(embedded, file => Assert.Contains(file, notice, StringComparison.Ordinal));
        Assert.Contains("https://creativecommons.org/licenses/by/3.0/us/", notice, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_page_of_a_decision_has_its_parts_and_is_listed()
    {
        var folder = Path.Combine(Repository.Root, "docs", "adr");
        var list = Read("docs/adr/README.md");
        var pages = Directory.GetFiles(folder, "*.md").Select(path => Path.GetFileName(path))
            .Where(name => name != "README.md").ToList();
        Assert.True(pages.Count >= 10);
        foreach (var page in pages)
        {
            Assert.Contains($"({page})", list, StringComparison.Ordinal);
            var text = Read($"docs/adr/{page}");
            foreach (var part in (string[])[
                "**Status**:", "## Context", "## Decision", "## Alternatives", "## What was measured",
            ])
                Assert.True(text.Contains(part, StringComparison.Ordinal), $"{page} has no {part}");
        }
    }

    [Fact]
    public void The_way_of_a_put_names_files_that_are_there()
    {
        var sources = Repository.Files("src");
        var named = Read("docs/way-of-a-put.md").Split('\n').Select(line => line.Split('|'))
            .Where(cells => cells.Length == 5 && int.TryParse(cells[1], out _))
            .Select(cells => cells[2].Split('`')[1]).ToList();
        Assert.True(named.Count > 100);
        Assert.All(named, name => Assert.Contains(
            sources, source => source.EndsWith($"/{name}.cs", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_way_of_a_put_counts_what_it_lists()
    {
        var sections = Read("docs/way-of-a-put.md").Split("\n## ");
        var counts = sections[0].Split('\n').Where(line => line.StartsWith("| on the ", StringComparison.Ordinal))
            .Select(line => line.Split('|')[2..5].Select(cell => int.TryParse(cell, out var n) ? n : 0).ToList())
            .ToList();
        int Steps(int section) => sections[section].Split('\n')
            .Count(line => line.Split('|') is [_, var number, ..] && int.TryParse(number, out _));
        int Shared(int section) => sections[section].Split("Shared: ")[1].Split('`').Length / 2;
        Assert.Equal([Steps(1), Shared(1), Steps(1) + Shared(1)], counts[0]);
        Assert.Equal(Steps(2) + Shared(2), counts[1][2] + counts[2][2]);
        Assert.Equal((Steps(2), Shared(2)), (counts[1][0] + counts[2][0], counts[1][1]));
    }

    [Fact]
    public void Links_between_the_papers_lead_somewhere()
    {
        string[] papers = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
            .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Repository.Root, path))];
        var links = papers.SelectMany(paper => MarkdownLinks.In(Read(paper)).Select(to => (
            Paper: paper, To: to, Path: Path.Combine(Repository.Root, Path.GetDirectoryName(paper)!, to)))).ToList();
        Assert.True(links.Count > 30);
        Assert.All(links, link => Assert.True(Path.Exists(link.Path), $"{link.Paper} links to {link.To}"));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));
}
