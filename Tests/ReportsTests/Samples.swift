import Reports

/// Small reports of every format, written after the formats' schemas.
enum Samples {
    static let junit = """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites time="4.2">
          <testsuite name="outer"><testsuite name="org.acme.OwnerTest" tests="6">
            <properties><property name="a" value="b"/></properties>
            <testcase name="finds" classname="org.acme.OwnerTest" time="1,234.5"/>
            <testcase name="adds &lt;two&gt;" classname="org.acme.OwnerTest" time="0.25">
              <failure message="expected:&lt;1&gt; but was:&lt;2&gt;" type="AssertionError"><![CDATA[java.lang.AssertionError: expected
        \tat org.junit.Assert.fail(Assert.java:88)
        \tat org.acme.OwnerTest.adds(OwnerTest.java:34)
        \tat java.base/java.lang.Thread.run(Thread.java:1)]]></failure>
              <system-out>at org.acme.OwnerTest.other(OwnerTest.java:99)</system-out>
            </testcase>
            <testcase name="breaks" classname="org.acme.OwnerTest"><error type="NullPointerException"/></testcase>
            <testcase name="waits" classname="org.acme.OwnerTest"><skipped message="not now"/></testcase>
            <testcase name="wobbles" classname="org.acme.OwnerTest" time="0.1">
              <flakyFailure message="once"><stackTrace>text</stackTrace></flakyFailure></testcase>
            <testcase name="fails twice" classname="org.acme.OwnerTest" file="a.rb" line="3">
              <failure message="no"/><rerunFailure message="no again"/></testcase>
          </testsuite></testsuite>
        </testsuites>
        """
    static let nunit2 = """
        <test-results name="All" total="5">
          <test-suite type="Assembly" name="acme.dll"><results>
            <test-suite type="TestFixture" name="OwnerTest"><results>
              <test-case name="Acme.OwnerTest.Finds" executed="True" result="Success" success="True" time="0.5"/>
              <test-case name="Acme.OwnerTest.Adds" executed="True" result="Failure" success="False" time="0.25">
                <failure><message><![CDATA[Expected: 1]]></message>
                  <stack-trace><![CDATA[at Acme.OwnerTest.Adds() in /src/OwnerTest.cs:line 34]]></stack-trace></failure>
              </test-case>
              <test-case name="Acme.OwnerTest.Breaks" executed="True" result="Error" success="False"/>
              <test-case name="Acme.OwnerTest.Waits" executed="False" result="Ignored">
                <reason><message>not now</message></reason></test-case>
              <test-case name="Acme.OwnerTest.Old" executed="True" success="True"/>
            </results></test-suite></results></test-suite>
        </test-results>
        """
    static let nunit3 = """
        <test-run id="2" testcasecount="4" result="Failed">
          <test-suite type="TestFixture" name="OwnerTest" fullname="Acme.OwnerTest">
            <test-case id="1" name="Finds" fullname="Acme.OwnerTest.Finds" classname="Acme.OwnerTest" result="Passed" duration="0.5"/>
            <test-case id="2" name="Adds" fullname="Acme.OwnerTest.Adds" classname="Acme.OwnerTest" result="Failed" duration="0.25">
              <failure><message><![CDATA[Expected: 1]]></message>
                <stack-trace><![CDATA[   at Acme.OwnerTest.Adds() in C:\\src\\OwnerTest.cs:line 34]]></stack-trace></failure>
              <output><![CDATA[text]]></output>
            </test-case>
            <test-case id="3" name="Breaks" classname="Acme.OwnerTest" result="Failed" label="Error"/>
            <test-case id="4" name="Waits" classname="Acme.OwnerTest" result="Skipped" label="Ignored">
              <reason><message>not now</message></reason></test-case>
            <test-case id="5" name="Doubts" classname="Acme.OwnerTest" result="Inconclusive"/>
          </test-suite>
        </test-run>
        """
    static let testNG = """
        <testng-results skipped="1" failed="1" total="3" passed="1">
          <reporter-output><line><![CDATA[text]]></line></reporter-output>
          <suite name="All" duration-ms="10"><test name="Fast"><class name="org.acme.OwnerTest">
            <test-method status="PASS" signature="setUp()" name="setUp" is-config="true" duration-ms="1"/>
            <test-method status="PASS" name="finds" duration-ms="500"/>
            <test-method status="FAIL" name="adds" duration-ms="250">
              <exception class="java.lang.AssertionError"><message><![CDATA[expected 1]]></message>
                <full-stacktrace><![CDATA[java.lang.AssertionError: expected 1
        at org.testng.Assert.fail(Assert.java:99)
        at org.acme.OwnerTest.adds(OwnerTest.java:34)]]></full-stacktrace></exception>
              <reporter-output><line>said</line></reporter-output>
            </test-method>
            <test-method status="SKIP" name="waits" duration-ms="0"/>
          </class></test></suite>
        </testng-results>
        """
    static let trx = """
        <?xml version="1.0" encoding="utf-8"?>
        <TestRun id="1" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
          <Results>
            <UnitTestResult testId="t1" testName="Finds" outcome="Passed" duration="00:00:00.5000000"/>
            <UnitTestResult testId="t2" testName="Adds" outcome="Failed" duration="01:00:01.2500000">
              <Output><StdOut>text</StdOut><ErrorInfo><Message>Expected 1&#xD;
        Actual 2</Message><StackTrace>   at Acme.OwnerTest.Adds() in /src/OwnerTest.cs:line 34</StackTrace></ErrorInfo></Output>
            </UnitTestResult>
            <UnitTestResult testId="t3" testName="Waits" outcome="NotExecuted"/>
            <UnitTestResult testId="t4" testName="Rows" outcome="Failed"><InnerResults>
              <UnitTestResult testId="t4" testName="Rows (1)" outcome="Passed"/>
              <UnitTestResult testId="t4" testName="Rows (2)" outcome="Timeout"/>
            </InnerResults></UnitTestResult>
          </Results>
          <TestDefinitions>
            <UnitTest name="Finds" id="t1"><TestMethod className="Acme.OwnerTest" name="Finds"/></UnitTest>
            <UnitTest name="Adds" id="t2"><TestMethod className="Acme.OwnerTest, Acme, Version=1.0.0.0" name="Adds"/></UnitTest>
          </TestDefinitions>
        </TestRun>
        """
    static let clover = """
        <?xml version="1.0" encoding="UTF-8"?>
        <coverage generated="1"><project timestamp="1"><package name="p">
          <file name="a.php" path="/src/a.php">
            <class name="A"><metrics statements="9" coveredstatements="9"/></class>
            <line num="1" type="method" name="f" count="1"/>
            <line num="2" type="stmt" count="3"/><line num="3" type="stmt" count="0"/>
            <line num="4" type="cond" truecount="2" falsecount="0"/>
            <metrics statements="4" coveredstatements="3"/>
          </file></package>
          <file name="b.php"><metrics statements="4" coveredstatements="1" conditionals="2" coveredconditionals="1"/></file>
          <metrics files="2"/>
        </project></coverage>
        """
    static let cobertura = """
        <?xml version="1.0" ?>
        <!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>
        <coverage line-rate="0.5" branch-rate="0.5"><sources><source>/src</source></sources><packages><package name="p"><classes>
          <class name="A" filename="p/a.py"><methods><method name="f"><lines><line number="2" hits="1"/></lines></method></methods>
            <lines><line number="1" hits="1"/><line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/>
              <line number="3" hits="0"/></lines></class>
          <class name="A$1" filename="p/a.py"><lines><line number="3" hits="4"/></lines></class>
          <class name="B" filename="p/b.py"><lines><line number="1" hits="0"/></lines></class>
        </classes></package></packages></coverage>
        """
    static let jacoco = """
        <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
        <report name="r"><sessioninfo id="i" start="1" dump="2"/><group name="g"><package name="org/acme">
          <class name="org/acme/A" sourcefilename="A.java"><method name="f" desc="()V" line="3">
            <counter type="LINE" missed="9" covered="9"/></method><counter type="LINE" missed="9" covered="9"/></class>
          <sourcefile name="A.java"><line nr="3" mi="0" ci="2" mb="1" cb="1"/><line nr="4" mi="1" ci="0" mb="0" cb="0"/>
            <counter type="INSTRUCTION" missed="1" covered="2"/><counter type="BRANCH" missed="1" covered="1"/>
            <counter type="LINE" missed="1" covered="1"/></sourcefile>
          <sourcefile name="B.java"><line nr="1" mi="0" ci="1" mb="0" cb="2"/></sourcefile>
          <counter type="LINE" missed="1" covered="2"/></package></group></report>
        """
    static let cucumber = #"""
        [{"elements":[
           {"keyword":"Background","type":"background","name":"","line":3,
            "steps":[{"keyword":"Given ","line":4,"name":"a","result":{"status":"passed","duration":100}}]},
           {"id":"o;f","keyword":"Scenario","type":"scenario","name":"finds","line":6,
            "steps":[{"line":7,"name":"b","result":{"status":"passed","duration":200},"embeddings":[{"data":"xx","mime_type":"a"}]}]},
           {"keyword":"Scenario","type":"scenario","name":"adds \ud83d\ude00","line":10,"before":[{"result":{"status":"passed"}}],
            "steps":[{"line":11,"result":{"status":"failed","duration":300,"error_message":"Error: no\n  at x"}},
                     {"line":12,"result":{"status":"skipped"}}]},
           {"type":"scenario","name":"waits","line":20,"steps":[{"line":21,"result":{"status":"pending"}}]},
           {"type":"scenario","name":"guesses","line":30,"steps":[{"line":31,"result":{"status":"undefined"}}]}],
          "id":"owners","keyword":"Feature","line":1,"name":"Owners","uri":"features/owners.feature"}]
        """#
    static let simpleCov = #"""
        {"RSpec":{"coverage":{
            "/src/a.rb":{"lines":[null,1,0,2],"branches":{"[:if, 0, 3, 4, 7, 7]":{"[:then, 1]":5,"[:else, 2]":0}}},
            "/src/b.rb":{"lines":[1,0]}},"timestamp":1},
         "Minitest":{"coverage":{"/src/b.rb":{"lines":[0,3]}},"timestamp":2}}
        """#
    static let lcov = """
        TN:
        SF:/src/a.js
        FN:1,f
        DA:1,3
        DA:2,0
        BRDA:1,0,0,2
        BRDA:1,0,1,-
        LF:2
        LH:1
        end_of_record
        SF:/src/b.js
        LF:5
        LH:4
        end_of_record

        """

    static let all: [(ReportFormat, String)] = [
        (.junit, junit), (.nunit2, nunit2), (.nunit3, nunit3), (.testNG, testNG), (.trx, trx), (.clover, clover),
        (.cobertura, cobertura), (.jacoco, jacoco), (.cucumber, cucumber), (.simpleCov, simpleCov), (.lcov, lcov),
    ]
}
