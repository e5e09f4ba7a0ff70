using Xunit.Abstractions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>Inside a project, folders use only those below them: this prints each project's floors.</summary>
public class Floors(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. Repository.Projects.Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_folder_uses_one_that_uses_it(string name)
    {
        var graph = FolderGraph.Of(Repository.Projects.Single(project => project.Name == name));
        foreach (var (floor, height) in graph.Floors.Select((floor, height) => (floor, height)).Reverse())
            foreach (var folder in floor)
                output.WriteLine($"{height,2}  {folder} → {string.Join(", ", graph.Uses(folder))}");
        foreach (var circle in graph.Circles) output.WriteLine($"circle: {string.Join(", ", circle)}");
        foreach (var pair in graph.Pairs) output.WriteLine($"pair: {pair}");

        Assert.Empty(graph.Circles);
    }

    [Fact]
    public void A_circle_is_found_and_floors_are_counted_from_below()
    {
        var graph = new FolderGraph("P", new Dictionary<string, string>
        {
            ["Top.cs"] = "using P.A;\nnamespace P;\npublic sealed class Top;",
            ["A/One.cs"] = "using P.B;\nusing System;\nnamespace P.A;\ninternal class One;",
            ["B/Two.cs"] = "using P.C.D;\nnamespace P.B;\npublic class Two;",
            ["C/D/Three.cs"] =
                "using Alias = P.A.One;\n// Top is named in a comment alone\nnamespace P.C.D;\nclass Three;",
            ["E/Four.cs"] = "using P.F;\nnamespace P.E;\npublic static class Four { static Top T; }",
            ["F/Five.cs"] = "using P.E;\nnamespace P.F;\npublic class Five;",
        });
        var spread = new FolderGraph("P", new Dictionary<string, string>
        {
            ["A/One.cs"] = "namespace Offered;\npublic class One { Two T; }",
            ["B/Two.cs"] = "namespace Offered;\npublic class Two;",
            ["C/Three.cs"] = "namespace P.C;\nclass Three { One T; }",
            ["D/Four.cs"] = "namespace P.D;\nenum Four\n{\n    One,\n    Two = 2,\n}\n"
                + "class Five { const int One = Four.Two; }",
        });
        Assert.Equal(["B D", "A", "C"], spread.Floors.Select(floor => string.Join(' ', floor)));

        Assert.Equal(["A B C/D", "E F"], graph.Circles.Select(circle => string.Join(' ', circle)));
        Assert.Equal(["A B C/D", ".", "E F"], graph.Floors.Select(floor => string.Join(' ', floor)));
        Assert.Equal(["E ↔ F"], graph.Pairs);
    }
}
